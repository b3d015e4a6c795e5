import { pulseMs } from './pipe.ts'
import type { Recorder } from './recording/recorder.ts'
import type { OpenedSession } from './records.ts'
import type { ClientSide } from './returning-side.ts'
import type { Side } from './side.ts'

/** How a session ends: what is written down, and what both sides are told. */
export interface Ending {
  reason: string
  code: number
}

interface Limits {
  idleMs: number
  longestMs: number
  /** How long the device may take to come. */
  arrivalMs: number
}

interface Options {
  opened: OpenedSession
  client: ClientSide
  limits: Limits
  /** Keeps what its shells show, where the account wants that. */
  recorder: Recorder | undefined
  /** Whether whoever has opened it still may. */
  isStillAdmitted(): Promise<boolean>
  onEnd(session: LiveSession, ending: Ending): void
}

const admissionMs = 10_000
const earlyBytes = 64 * 1024
const minuteMs = 60_000

/** A session whose client is connected here. It ends with either of its sides. */
export class LiveSession {
  readonly opened: OpenedSession
  bytesUp = 0
  bytesDown = 0
  readonly #client: ClientSide
  readonly #options: Options
  readonly #timers: NodeJS.Timeout[] = []
  readonly #beganAt = performance.now()
  #movedAt = this.#beganAt
  #device: Side | undefined
  /** What the client has sent before the device was there. */
  #early: Buffer[] = []
  #earlyBytes = 0
  #isOver = false

  constructor(options: Options) {
    this.#options = options
    this.opened = options.opened
    this.#client = options.client
    this.#every(pulseMs, () => this.#beat())
    this.#every(admissionMs, async () => {
      const isAdmitted = await options.isStillAdmitted().catch(() => true)
      if (!isAdmitted) this.end({ reason: 'whoever opened it may no longer', code: 1008 })
    })
    setTimeout(() => {
      if (!this.#device) this.end({ reason: 'the device did not come', code: 1013 })
    }, options.limits.arrivalMs).unref()
    this.#client.open({
      data: (piece) => this.#sendUp(piece),
      drained: () => this.drained(),
      text: (text) => this.#signal(text),
      closed: () => this.end({ reason: 'the client left', code: 1001 }),
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Milliseconds from the client to the device and back; undefined before that is known. */
  get latencyMs(): number | undefined {
    const [client, device] = [this.#client.latencyMs, this.#device?.latencyMs]
    return client === undefined || device === undefined ? undefined : client + device
  }

  /** The device has come; from now on both sides hear each other. @returns whether it was waited for. */
  attach(device: Side): boolean {
    if (this.#isOver || this.#device) return false
    this.#device = device
    this.#client.sendText('device:ok')
    for (const piece of this.#early.splice(0)) device.send(piece)
    device.open({
      data: (piece) => {
        this.bytesDown += piece.length
        this.#movedAt = performance.now()
        this.#options.recorder?.down(piece)
        this.#client.send(piece)
        if (this.#isDownFull) device.pause()
      },
      drained: () => this.#client.resume(),
      text: () => {},
      closed: (code, said) => {
        const left = code === 1006 ? 'the device was cut off' : 'the device left'
        this.end({ reason: said === '' ? left : said, code: 1011 })
      },
    })
    this.#client.resume()
    return true
  }

  /** The client, or the recording, takes more. */
  drained(): void {
    if (!this.#isDownFull) this.#device?.resume()
  }

  end(ending: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#early = []
    this.#client.close(ending.code, ending.reason)
    this.#device?.close(1001, ending.reason)
    this.#options.onEnd(this, ending)
  }

  get #isDownFull(): boolean {
    return this.#client.isFull || this.#options.recorder?.isFull === true
  }

  /** Only what clients say: that they have a connection, or have one no more. */
  #signal(text: string): void {
    if (text !== 'client:ok' && text !== 'client:fail') return
    // The device hangs up at its port, and what comes after is another connection.
    if (text === 'client:fail') this.#options.recorder?.reset()
    this.#device?.sendText(text)
  }

  #sendUp(piece: Buffer): void {
    this.bytesUp += piece.length
    this.#movedAt = performance.now()
    this.#options.recorder?.up(piece)
    if (this.#device) {
      this.#device.send(piece)
      if (this.#device.isFull) this.#client.pause()
      return
    }
    this.#early.push(piece)
    this.#earlyBytes += piece.length
    if (this.#earlyBytes > earlyBytes) this.#client.pause()
  }

  #beat(): void {
    const now = performance.now()
    const { idleMs, longestMs } = this.#options.limits
    if (now - this.#beganAt > longestMs)
      this.end({ reason: `a session lasts ${Math.round(longestMs / minuteMs)} minutes at most`, code: 1008 })
    else if (now - this.#movedAt > idleMs)
      this.end({ reason: `nothing has passed for ${Math.round(idleMs / minuteMs)} minutes`, code: 1008 })
    else if (this.#client.isGone(now)) this.end({ reason: 'the client was cut off', code: 1001 })
    else if (this.#device?.isGone(now)) this.end({ reason: 'the device was cut off', code: 1011 })
    this.#client.ping()
    this.#device?.ping()
  }

  #every(ms: number, work: () => unknown): void {
    this.#timers.push(setInterval(work, ms).unref())
  }
}
