import type { Command, NotificationOutcome, NotificationType } from '@mason/contract/notification'
import { Intake } from '../../command/intake.ts'
import type { Outbox } from '../../command/outbox.ts'
import { isExpired, mayCarryOut } from '../../command/rules.ts'
import type { Faults } from '../device/faults.ts'
import { type Fleet, later } from '../fleet/fleet.ts'

// Enough to recognize repeated commands; a device gets few.
const rememberedOutcomes = 64
const slowMs = { least: 5000, most: 30_000 }

export interface CommandResponderOptions {
  faults: Faults
  outbox: Outbox
  fleet: Fleet
  /** Called for an acknowledged command, to do what it asks for. */
  carryOut: (type: NotificationType) => void
}

/** Answers the commands of a simulated device, each once, according to its faults. */
export class CommandResponder {
  readonly #options: CommandResponderOptions
  readonly #intake: Intake
  /** Outcomes by command, oldest first. */
  readonly #outcomes = new Map<string, NotificationOutcome>()

  constructor(options: CommandResponderOptions) {
    this.#options = options
    this.#intake = new Intake({
      outcomeOf: (id) => this.#outcomes.get(id),
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

  #start(command: Command): void {
    const { faults, fleet } = this.#options
    if (faults.drop) {
      fleet.statistics.commands.dropped += 1
    } else if (faults.slow) {
      later(fleet, slowMs.least + fleet.random() * (slowMs.most - slowMs.least), () => {
        if (this.#intake.isOpen(command.id)) void this.#answer(command)
      })
    } else {
      void this.#answer(command)
    }
  }

  async #answer(command: Command): Promise<void> {
    const { outbox, fleet, carryOut } = this.#options
    const outcome = this.#outcomeOf(command)
    this.#remember(outcome)
    this.#intake.close(command.id)
    fleet.statistics.commands[outcome.state] += 1
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
