import type { Command, NotificationOutcome } from '@mason/contract/notification'

export interface IntakeOptions {
  /** The outcome of a command that was answered before; undefined for any other command. */
  outcomeOf: (id: string) => NotificationOutcome | undefined
  /** Reports an outcome to the platform again. */
  report: (outcome: NotificationOutcome) => void
  /** Called once for each command. */
  start: (command: Command) => void
}

/** Starts each command once, however often it arrives: one that was answered is answered again and not started again. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #open = new Set<string>()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Starts a command, reports its outcome again, or ignores it while it is open. */
  receive(command: Command): void {
    const { outcomeOf, report, start } = this.#options
    if (this.#open.has(command.id)) return
    const outcome = outcomeOf(command.id)
    if (outcome) {
      report(outcome)
      return
    }
    this.#open.add(command.id)
    start(command)
  }

  /** Whether a command was started and has not been closed. */
  isOpen(id: string): boolean {
    return this.#open.has(id)
  }

  /** Marks a command as answered. */
  close(id: string): void {
    this.#open.delete(id)
  }

  /** Forgets the commands that are open; one that arrives again is started again. */
  forgetOpen(): void {
    this.#open.clear()
  }
}
