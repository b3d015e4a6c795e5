import type { Terminal } from '@xterm/xterm'
import type { Cast } from './cast.ts'

/** Where a player is. */
export interface PlayerState {
  seconds: number
  isPlaying: boolean
}

/** Nobody wants to wait for longer, where nothing happened. */
const longestPause = 2

/** Shows a recording in a terminal, at its own pace. */
export class Player {
  readonly #terminal: Terminal
  readonly #cast: Cast
  readonly #onState: (state: PlayerState) => void
  #next = 0
  #seconds = 0
  #frame: number | undefined
  #drawnAt = 0
  speed = 1

  constructor(terminal: Terminal, cast: Cast, onState: (state: PlayerState) => void) {
    this.#terminal = terminal
    this.#cast = cast
    this.#onState = onState
    this.#begin()
  }

  play(): void {
    if (this.#frame !== undefined) return
    if (this.#next >= this.#cast.events.length) this.#begin()
    this.#drawnAt = performance.now()
    this.#frame = requestAnimationFrame(this.#draw)
    this.#tell()
  }

  pause(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    this.#frame = undefined
    this.#tell()
  }

  /** Shows what was shown at that moment. */
  seek(seconds: number): void {
    if (seconds < this.#seconds) this.#begin()
    this.#seconds = seconds
    this.#showDue()
    this.#tell()
  }

  #begin(): void {
    this.#terminal.reset()
    this.#terminal.resize(this.#cast.columns, this.#cast.rows)
    this.#next = 0
    this.#seconds = 0
  }

  readonly #draw = (now: number) => {
    this.#seconds += (Math.max(0, now - this.#drawnAt) / 1000) * this.speed
    this.#drawnAt = now
    const next = this.#cast.events[this.#next]
    if (next) this.#seconds = Math.max(this.#seconds, next.at - longestPause)
    this.#showDue()
    const isOver = this.#next >= this.#cast.events.length
    this.#frame = isOver ? undefined : requestAnimationFrame(this.#draw)
    this.#tell()
  }

  #showDue(): void {
    for (;;) {
      const event = this.#cast.events[this.#next]
      if (!event || event.at > this.#seconds) return
      this.#next += 1
      if (event.kind === 'o') this.#terminal.write(event.text)
      else if (event.kind === 'r') this.#resize(event.text)
    }
  }

  #resize(text: string): void {
    const [columns = 0, rows = 0] = text.split('x').map(Number)
    if (columns > 0 && rows > 0) this.#terminal.resize(columns, rows)
  }

  #tell(): void {
    this.#onState({
      seconds: Math.min(this.#seconds, this.#cast.seconds),
      isPlaying: this.#frame !== undefined,
    })
  }
}
