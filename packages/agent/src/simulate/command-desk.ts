import type { Command, NotificationOutcome, NotificationType } from '@mason/contract/notification'
import type { Outbox } from '../command/outbox.ts'
import type { Faults } from './faults.ts'
import { type Fleet, later } from './fleet.ts'

// Enough to know a repeated one by; a device gets few.
const remembered = 64
const slowestMs = 30_000
const leastSlowMs = 5000

export interface CommandDeskOptions {
  faults: Faults
  outbox: Outbox
  fleet: Fleet
  /** Does what an acknowledged command asks for. */
  carryOut: (type: NotificationType) => void
}

/** Answers a simulated device's commands, each once, in the way of its faults. */
export class CommandDesk {
  readonly #options: CommandDeskOptions
  /** By id, oldest first; undefined where there is no answer yet. */
  readonly #seen = new Map<string, NotificationOutcome | undefined>()

  constructor(options: CommandDeskOptions) {
    this.#options = options
  }

  /** Takes a command; one that was answered is answered again, and nothing else comes of it. */
  receive(command: Command): void {
    const { faults, outbox, fleet } = this.#options
    if (this.#seen.has(command.id)) {
      const outcome = this.#seen.get(command.id)
      if (outcome) void outbox.add(outcome)
      return
    }
    this.#see(command.id, undefined)
    if (faults.drop) {
      fleet.statistics.commands.dropped += 1
    } else if (faults.slow) {
      later(fleet, leastSlowMs + fleet.random() * (slowestMs - leastSlowMs), () => {
        if (this.#isOpen(command.id)) void this.#answer(command)
      })
    } else {
      void this.#answer(command)
    }
  }

  /** Forgets what it has not answered, as a device does that is switched off. */
  forgetOpen(): void {
    for (const id of this.#seen.keys()) if (this.#isOpen(id)) this.#seen.delete(id)
  }

  async #answer(command: Command): Promise<void> {
    const { outbox, fleet, carryOut } = this.#options
    const outcome = this.#outcomeOf(command)
    this.#see(command.id, outcome)
    fleet.statistics.commands[outcome.state] += 1
    const receipt = await outbox.add(outcome)
    // The platform takes the credential of a device that acknowledges its refurbishment.
    const isHeard = receipt === 'confirmed' || command.type === 'refurbish'
    if (outcome.state === 'acknowledged' && isHeard) carryOut(command.type)
  }

  #outcomeOf({ id, expiresAt }: Command): NotificationOutcome {
    if (this.#options.faults.reject) return { id, state: 'failed', reason: 'rejected' }
    if (Date.parse(expiresAt) <= this.#options.fleet.clock.now()) return { id, state: 'failed', reason: 'expired' }
    return { id, state: 'acknowledged' }
  }

  #isOpen(id: string): boolean {
    return this.#seen.has(id) && this.#seen.get(id) === undefined
  }

  #see(id: string, outcome: NotificationOutcome | undefined): void {
    this.#seen.set(id, outcome)
    if (this.#seen.size <= remembered) return
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined) this.#seen.delete(oldest)
  }
}
