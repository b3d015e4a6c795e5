import type { Command, NotificationOutcome, NotificationType } from '@mason/contract/notification'
import { closedForMs } from '@mason/contract/window'
import { Intake } from '../../command/intake.ts'
import type { Outbox } from '../../command/outbox.ts'
import { isExpired, mayCarryOut } from '../../command/rules.ts'
import type { Faults } from '../device/faults.ts'
import { type Fleet, later } from '../fleet/fleet.ts'

// Enough to recognize repeated commands; a device gets few.
const rememberedOutcomes = 64
/** So long the platform has to say that a command is withdrawn. */
const graceMs = 10_000
const slowMs = { least: 5000, most: 30_000 }

export interface CommandResponderOptions {
  faults: Faults
  outbox: Outbox
  fleet: Fleet
  /** The time zone of the device. */
  timezone: string
  /** Asks the platform about the commands that are `due()`, with a check-in. */
  ask: () => void
  /** Called for an acknowledged command, to do what it asks for. */
  carryOut: (type: NotificationType) => void
}

/** Answers the commands of a simulated device, each once, according to its faults. */
export class CommandResponder {
  readonly #options: CommandResponderOptions
  readonly #intake: Intake
  /** Outcomes by command, oldest first. */
  readonly #outcomes = new Map<string, NotificationOutcome>()
  /** Commands that wait for their windows; a device that is switched off keeps them. */
  readonly #held = new Map<string, Command>()
  readonly #due = new Set<string>()

  constructor(options: CommandResponderOptions) {
    this.#options = options
    this.#intake = new Intake({
      outcomeOf: (id) => this.#outcomes.get(id) ?? (this.#held.has(id) ? { id, state: 'held' } : undefined),
      report: (outcome) => void options.outbox.add(outcome),
      start: (command) => this.#start(command),
    })
  }

  /** Receives a command; one that was answered is answered again, without further effect. */
  receive(command: Command): void {
    this.#intake.receive(command)
  }

  /** Forgets the commands it has not answered, as a device does that is switched off. */
  forgetOpen(): void {
    this.#intake.forgetOpen()
  }

  /** The ids of commands that it held and is about to carry out. */
  due(): string[] {
    return [...this.#due]
  }

  /** Drops commands that were canceled while it held them. */
  withdraw(ids: readonly string[]): void {
    for (const id of ids) this.#held.delete(id)
  }

  #start(command: Command): void {
    const { faults, outbox } = this.#options
    if (faults.drop || this.#closedMs(command) === 0) {
      this.#begin(command)
      return
    }
    this.#held.set(command.id, command)
    this.#intake.close(command.id)
    void outbox.add({ id: command.id, state: 'held' })
    this.#wait(command)
  }

  #closedMs({ window }: Command): number {
    const { fleet, timezone } = this.#options
    return window ? closedForMs(window, fleet.clock.now(), timezone) : 0
  }

  /** Waits for the window, or for the end of the command where that is sooner. */
  #wait(command: Command): void {
    const { fleet, ask } = this.#options
    const restMs = Math.max(0, Date.parse(command.expiresAt) - fleet.clock.now())
    later(fleet, Math.min(this.#closedMs(command), restMs), () => {
      if (!this.#held.has(command.id)) return
      this.#due.add(command.id)
      ask()
      later(fleet, graceMs, () => {
        this.#due.delete(command.id)
        if (this.#held.has(command.id)) this.#begin(command)
      })
    })
  }

  #begin(command: Command): void {
    const { faults, fleet } = this.#options
    if (faults.drop) {
      fleet.statistics.commands.dropped += 1
    } else if (faults.slow) {
      later(fleet, slowMs.least + fleet.random() * (slowMs.most - slowMs.least), () => {
        if (this.#intake.isOpen(command.id) || this.#held.has(command.id)) void this.#answer(command)
      })
    } else {
      void this.#answer(command)
    }
  }

  async #answer(command: Command): Promise<void> {
    const { outbox, fleet, carryOut } = this.#options
    const outcome = this.#outcomeOf(command)
    this.#remember(outcome)
    this.#held.delete(command.id)
    this.#intake.close(command.id)
    if (outcome.state !== 'held') fleet.statistics.commands[outcome.state] += 1
    const receipt = await outbox.add(outcome)
    if (outcome.state === 'acknowledged' && mayCarryOut(command.type, receipt)) carryOut(command.type)
  }

  #outcomeOf(command: Command): NotificationOutcome {
    const { id } = command
    const { faults, fleet } = this.#options
    if (faults.reject) return { id, state: 'failed', reason: 'rejected' }
    if (isExpired(command, fleet.clock.now())) return { id, state: 'failed', reason: 'expired' }
    return { id, state: 'acknowledged' }
  }

  #remember(outcome: NotificationOutcome): void {
    this.#outcomes.set(outcome.id, outcome)
    if (this.#outcomes.size <= rememberedOutcomes) return
    const [oldest] = this.#outcomes.keys()
    if (oldest !== undefined) this.#outcomes.delete(oldest)
  }
}
