import { type AdbMessage, AdbReader, commands } from './adb-reader.ts'
import { Cast, type CastPart } from './cast.ts'
import { packets, ShellReader } from './shell-reader.ts'

interface Options {
  /** Writes parts down, all or none of them. @returns whether that succeeded. */
  write(parts: CastPart[]): Promise<boolean>
  /** There is room again. */
  drained(): void
  /** The session cannot be recorded any more, and must end. */
  unable(reason: string): void
}

/** A shell with a terminal. */
interface Shell {
  cast: Cast
  shows(piece: Buffer): void
  hears(piece: Buffer): void
}

/** What is shown waits for so long before it is written down. */
const writeEveryMs = 5_000
/** Or until it is so much. */
const writeBytes = 128 * 1024
/** Nothing more is read from the device while so much waits. */
const fullBytes = 512 * 1024
const longestService = 4_096
const maxShells = 1_000
/** Of all shells of a session; past that nobody could see what goes on. */
const maxBytes = 256 * 2 ** 20

/** Follows the bytes of a session, finds the shells in them, and keeps what they show. What is typed is kept only as it is shown. */
export class Recorder {
  readonly #options: Options
  readonly #shells = new Map<number, Shell>()
  /** Ended ones, until they are written down. */
  readonly #ended = new Set<Cast>()
  readonly #up = new AdbReader((message, piece, isLast) => this.#fromClient(message, piece, isLast))
  readonly #down = new AdbReader((message, piece) => this.#fromDevice(message, piece))
  readonly #timer = setInterval(() => void this.#write(), writeEveryMs).unref()
  /** The name of the service that is being opened. */
  #service: Buffer = Buffer.alloc(0)
  #shellCount = 0
  #bytes = 0
  #writing: Promise<void> | undefined
  /** What could not be written down yet. */
  #taken: CastPart[] = []

  constructor(options: Options) {
    this.#options = options
  }

  /** What the client sends. */
  up(piece: Buffer): void {
    this.#up.read(piece)
  }

  /** What the device sends. */
  down(piece: Buffer): void {
    this.#down.read(piece)
    if (this.#waiting >= writeBytes) void this.#write()
  }

  /** The connection of ADB ends here, perhaps in the midst of a message. */
  reset(): void {
    this.#up.reset()
    this.#down.reset()
  }

  /** Whether so much waits to be written down that nothing more should come. */
  get isFull(): boolean {
    return this.#waiting + this.#takenBytes >= fullBytes
  }

  /** Writes the rest down. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    this.#endAll()
    await this.#writing
    await this.#write()
  }

  get #casts(): Cast[] {
    return [...this.#ended, ...[...this.#shells.values()].map(({ cast }) => cast)]
  }

  get #waiting(): number {
    return this.#casts.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0)
  }

  get #takenBytes(): number {
    return this.#taken.reduce((sum, { text }) => sum + text.length, 0)
  }

  #fromClient({ command, arg0 }: AdbMessage, piece: Buffer, isLast: boolean): void {
    if (command === commands.write) this.#shells.get(arg0)?.hears(piece)
    else if (command === commands.close) this.#close(arg0)
    else if (command === commands.connect) this.#endAll()
    else if (command === commands.startTls)
      this.#options.unable('this account records shells, and what ADB encrypts cannot be recorded')
    else if (command === commands.open) {
      this.#service = Buffer.concat([this.#service, piece.subarray(0, longestService - this.#service.length)])
      if (!isLast) return
      const service = this.#service.toString().replace(/\0+$/, '')
      this.#service = Buffer.alloc(0)
      this.#open(arg0, service)
    }
  }

  #fromDevice({ command, arg1 }: AdbMessage, piece: Buffer): void {
    if (command === commands.write) this.#shells.get(arg1)?.shows(piece)
    else if (command === commands.close) this.#close(arg1)
  }

  #open(id: number, service: string): void {
    const terminal = terminalOf(service)
    if (terminal === undefined) return
    this.#close(id)
    this.#shellCount += 1
    if (this.#shellCount > maxShells) {
      this.#options.unable(`this account records shells, ${maxShells} in a session at most`)
      return
    }
    this.#shells.set(id, newShell(new Cast(terminal.type), terminal.isVersion2))
  }

  #close(id: number): void {
    const shell = this.#shells.get(id)
    if (!shell) return
    this.#shells.delete(id)
    if (shell.cast.waitingBytes > 0) this.#ended.add(shell.cast)
  }

  #endAll(): void {
    for (const id of [...this.#shells.keys()]) this.#close(id)
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeNow().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeNow(): Promise<void> {
    const parts = this.#casts.flatMap((cast) => cast.take() ?? [])
    this.#ended.clear()
    this.#taken.push(...parts)
    this.#bytes += parts.reduce((sum, { text }) => sum + text.length, 0)
    if (this.#taken.length === 0) return
    if (this.#bytes > maxBytes) this.#options.unable('this account records shells, and the recording is full')
    const count = this.#taken.length
    if (!(await this.#options.write(this.#taken.slice(0, count)))) return
    this.#taken.splice(0, count)
    this.#options.drained()
  }
}

/** What terminal a service of ADB has, such as `shell,v2,TERM=xterm-256color,pty:`; undefined where nobody sits at one. */
function terminalOf(service: string): { type: string; isVersion2: boolean } | undefined {
  const colon = service.indexOf(':')
  const [kind, ...options] = service.slice(0, colon).split(',')
  if (kind !== 'shell') return undefined
  const isShell = service.length === colon + 1 && !options.includes('raw')
  if (!isShell && !options.includes('pty')) return undefined
  const type = options.find((option) => option.startsWith('TERM='))?.slice('TERM='.length)
  return { type: type || 'dumb', isVersion2: options.includes('v2') }
}

function newShell(cast: Cast, isVersion2: boolean): Shell {
  if (!isVersion2) return { cast, shows: (piece) => cast.shows(piece), hears: () => {} }
  const shown = new ShellReader((kind, piece) => {
    if (kind === packets.stdout || kind === packets.stderr) cast.shows(piece)
  })
  const heard = new ShellReader((kind, piece) => {
    if (kind === packets.windowSize) cast.resized(piece.toString('latin1'))
  })
  return { cast, shows: (piece) => shown.read(piece), hears: (piece) => heard.read(piece) }
}
