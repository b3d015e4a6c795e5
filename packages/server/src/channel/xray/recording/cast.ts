import { v7 as uuidv7 } from 'uuid'

interface Size {
  columns: number
  rows: number
}

/** What a recording is written down with. */
export interface CastPart {
  id: string
  beganAt: Date
  durationMs: number
  /** Of the whole recording so far, as a file. */
  bytes: number
  text: string
}

/** What a terminal shows, as asciicast v2. Source: https://docs.asciinema.org/manual/asciicast/v2/. */
export class Cast {
  readonly #id = uuidv7()
  readonly #beganAt = new Date()
  readonly #from = performance.now()
  readonly #terminal: string
  readonly #decoder = new TextDecoder()
  #size: Size = { columns: 80, rows: 24 }
  #hasHeader = false
  #waiting: string[] = []
  #waitingBytes = 0
  #durationMs = 0
  #bytes = 0

  /** @param terminal such as `xterm-256color`. */
  constructor(terminal: string) {
    this.#terminal = terminal
  }

  shows(bytes: Buffer): void {
    const text = this.#decoder.decode(bytes, { stream: true })
    if (text !== '') this.#note('o', text)
  }

  /** @param text such as `24x80,0x0`: rows and columns, then pixels. */
  resized(text: string): void {
    const [, rows, columns] = /^(\d{1,4})x(\d{1,4})(?:,|$)/.exec(text) ?? []
    if (rows === undefined || columns === undefined) return
    this.#size = { columns: Number(columns), rows: Number(rows) }
    if (this.#hasHeader) this.#note('r', `${columns}x${rows}`)
  }

  /** How many bytes wait to be written down. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Takes what waits; undefined for nothing. */
  take(): CastPart | undefined {
    if (this.#waiting.length === 0) return undefined
    const text = this.#waiting.join('')
    this.#waiting = []
    this.#waitingBytes = 0
    return { id: this.#id, beganAt: this.#beganAt, durationMs: this.#durationMs, bytes: this.#bytes, text }
  }

  #note(kind: 'o' | 'r', text: string): void {
    if (!this.#hasHeader) {
      this.#hasHeader = true
      const { columns, rows } = this.#size
      this.#add({
        ...{ version: 2, width: columns, height: rows, timestamp: Math.floor(this.#beganAt.getTime() / 1000) },
        env: { TERM: this.#terminal },
      })
    }
    const seconds = Math.round((performance.now() - this.#from) * 1000) / 1e6
    this.#durationMs = Math.round(seconds * 1000)
    this.#add([seconds, kind, text])
  }

  #add(line: unknown): void {
    const text = `${JSON.stringify(line)}\n`
    const length = Buffer.byteLength(text)
    this.#bytes += length
    this.#waitingBytes += length
    this.#waiting.push(text)
  }
}
