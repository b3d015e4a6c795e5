import type { Command } from '@mason/contract/notification'
import { closedForMs } from '@mason/contract/window'
import type { Journal } from './journal.ts'

/** Clocks are set and hosts sleep: no wait is longer than this. */
const longestWaitMs = 60_000
/** So long the platform has to say that a command is withdrawn; without a connection it does not, and the command is carried out. */
const graceMs = 10_000

export interface WaitingRoomOptions {
  journal: Pick<Journal, 'held'>
  /** The time zone of the host. */
  timezone: () => string
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** Milliseconds since 1970. */
  now: () => number
  signal: AbortSignal
  /** Requests a check-in, which asks the platform about the commands that are `due()`. */
  askCheckIn: () => void
  /** Called for a command whose window is open. */
  start: (command: Command) => void
}

/** Commands that wait for their windows. The journal has them first, so they outlive a restart of the host. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  readonly #waits = new Map<string, Promise<void>>()
  readonly #due = new Set<string>()

  constructor(options: WaitingRoomOptions) {
    this.#options = options
    for (const command of options.journal.held()) this.add(command)
  }

  /** For how many milliseconds a command may not be carried out. */
  closedForMs({ window }: Command): number {
    const { now, timezone } = this.#options
    return window ? closedForMs(window, now(), timezone()) : 0
  }

  /** Lets a command wait, which the journal has as held. */
  add(command: Command): void {
    if (this.#waits.has(command.id)) return
    const wait = this.#wait(command)
      // The agent stops.
      .catch(() => {})
      .finally(() => {
        this.#waits.delete(command.id)
        this.#due.delete(command.id)
      })
    this.#waits.set(command.id, wait)
  }

  /** The ids of commands that are about to be carried out. */
  due(): string[] {
    return [...this.#due]
  }

  /** Resolves when none of the commands that wait are about to be carried out. */
  async idle(): Promise<void> {
    await Promise.all([...this.#due].map((id) => this.#waits.get(id)))
  }

  async #wait(command: Command): Promise<void> {
    const { delay, signal, askCheckIn, journal, start } = this.#options
    for (let ms = this.#restMs(command); ms > 0; ms = this.#restMs(command))
      await delay(Math.min(ms, longestWaitMs), signal)
    this.#due.add(command.id)
    askCheckIn()
    await delay(graceMs, signal)
    if (journal.held().some(({ id }) => id === command.id)) start(command)
  }

  /** One that has expired is over. */
  #restMs(command: Command): number {
    return Math.min(this.closedForMs(command), Math.max(0, Date.parse(command.expiresAt) - this.#options.now()))
  }
}
