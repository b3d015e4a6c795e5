import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdbProcess } from '../../xray/adb/adb-host.ts'
import { type Command, type Context, commandsOf } from './virtual-commands.ts'
import { normal } from './virtual-files.ts'

const notFound = 127
const interrupted = 130
const wrong = 2
/** A line that is longer is cut. */
const maxLine = 4_096

/** Runs lines of a tiny shell on a simulated device: it knows a handful of commands, and neither pipes nor variables. */
export function runVirtualShell(line: string, hasTerminal: boolean, context: Context): AdbProcess {
  const stdout = new PassThrough()
  const stopping = new AbortController()
  const commands = commandsOf(context)
  const { promise: exit, resolve } = Promise.withResolvers<number>()
  const say = (text: string | Buffer) => {
    if (stdout.writable) stdout.write(hasTerminal && typeof text === 'string' ? text.replaceAll('\n', '\r\n') : text)
  }
  const end = (status: number) => {
    stopping.abort()
    stdout.end()
    resolve(status)
  }
  let folder = '/'
  const at = (path: string) => (path.startsWith('/') ? normal(path) : normal(`${folder}/${path}`))

  const own: Readonly<Record<string, Command>> = {
    cd: ({ words }) => {
      folder = at(words[0] ?? '/')
      return 0
    },
    export: () => 0,
    pwd: () => {
      say(`${folder}\n`)
      return 0
    },
  }
  const runOne = async (text: string, signal: AbortSignal): Promise<number> => {
    const [name = '', ...words] = wordsOf(text.replace(/^\s*exec\s+/, ''))
    if (name === '' || name.startsWith('#')) return 0
    const command = own[name] ?? commands[name.split('/').at(-1) ?? '']
    if (!command) {
      say(`sh: ${name}: not found\n`)
      return notFound
    }
    const wait = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {})
    return (await command({ words, at, say, signal, sleep: wait })) ?? 0
  }
  const run = async (text: string, signal: AbortSignal): Promise<number> => {
    let status = 0
    for (const part of text.split(/;|&&|\n/)) {
      status = await runOne(part, signal)
      if (signal.aborted) return interrupted
    }
    return status
  }

  const terminal = new Terminal({
    prompt: () => `${context.name}:${folder} $ `,
    say,
    run,
    end,
    signal: stopping.signal,
  })
  if (line !== '') void run(line, stopping.signal).then(end, () => end(wrong))
  else if (hasTerminal) terminal.begin()
  const stdin = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      if (line === '') terminal.type(bytes.toString())
      else if (bytes.includes(3)) stopping.abort()
      done()
    },
    final: (done) => {
      if (line === '' && !hasTerminal) void terminal.idle().then(() => end(0))
      done()
    },
  })
  return { stdin, stdout, exit, resize: () => {}, hangUp: () => end(128 + 1) }
}

interface TerminalOptions {
  prompt: () => string
  say: (text: string) => void
  run: (line: string, signal: AbortSignal) => Promise<number>
  end: (status: number) => void
  signal: AbortSignal
}

/** What a terminal does with what is typed: it shows it, and hands over whole lines. */
class Terminal {
  readonly #options: TerminalOptions
  #line = ''
  #running: AbortController | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: TerminalOptions) {
    this.#options = options
  }

  begin(): void {
    this.#options.say('A simulated device. `help` lists what it knows.\n')
    this.#options.say(this.#options.prompt())
  }

  type(text: string): void {
    for (const letter of text) this.#letter(letter)
  }

  /** Resolves when all lines so far have run. */
  async idle(): Promise<void> {
    await this.#turn
  }

  #letter(letter: string): void {
    const { say, end } = this.#options
    if (letter === '\x03') this.#interrupt()
    else if (letter === '\x04' && this.#line === '') end(0)
    else if (letter === '\r' || letter === '\n') this.#enter()
    else if (letter === '\x7f' || letter === '\b') this.#rubOut()
    else if (letter >= ' ' && this.#line.length < maxLine) {
      this.#line += letter
      say(letter)
    }
  }

  #interrupt(): void {
    this.#line = ''
    this.#options.say('^C\n')
    if (this.#running) this.#running.abort()
    else this.#options.say(this.#options.prompt())
  }

  #rubOut(): void {
    if (this.#line === '') return
    this.#line = this.#line.slice(0, -1)
    this.#options.say('\b \b')
  }

  #enter(): void {
    const line = this.#line.trim()
    this.#line = ''
    this.#options.say('\n')
    this.#turn = this.#turn.then(() => this.#run(line))
  }

  async #run(line: string): Promise<void> {
    const { run, say, end, prompt, signal } = this.#options
    if (line === 'exit' || line === 'logout') return end(0)
    this.#running = new AbortController()
    await run(line, AbortSignal.any([signal, this.#running.signal])).catch(() => say('sh: it failed\n'))
    this.#running = undefined
    if (!signal.aborted) say(prompt())
  }
}

/** The words of a line; quotes keep spaces. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '')
