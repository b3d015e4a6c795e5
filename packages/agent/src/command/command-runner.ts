import type { Command, NotificationOutcome, NotificationType } from '@mason/contract/notification'
import type { RunHook } from './hook.ts'
import type { Journal } from './journal.ts'
import type { Outbox } from './outbox.ts'

/** Lines of the shell, by the type of command that they carry out. */
export type Hooks = Partial<Record<NotificationType, string>>

// After these the host may not come back to report, so it does before.
const acknowledgedFirst: readonly NotificationType[] = ['reboot', 'shutdown', 'wipe', 'refurbish']

export interface CommandRunnerOptions {
  hooks: Hooks
  hookTimeoutMs: number
  runHook: RunHook
  journal: Journal
  outbox: Outbox
  /** Asks for a check-in out of turn: of everything, or of what changed. */
  askCheckIn: (extent: 'whole' | 'changes') => void
  /** Milliseconds since 1970. */
  now: () => number
  log: (line: string) => void
  signal: AbortSignal
}

/** Carries out commands, each once however often it arrives, one after the other, and reports their outcomes. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #inHand = new Set<string>()
  #last: Promise<void> = Promise.resolve()

  constructor(options: CommandRunnerOptions) {
    this.#options = options
    for (const outcome of options.journal.interrupted()) this.#report(outcome)
  }

  /** Takes a command. One that was carried out is not carried out again, but its outcome is reported again. */
  receive(command: Command): void {
    if (this.#inHand.has(command.id)) return
    const outcome = this.#options.journal.outcomeOf(command.id)
    if (outcome) {
      this.#report(outcome)
      return
    }
    this.#inHand.add(command.id)
    this.#last = this.#last.then(() => this.#take(command))
  }

  /** Resolves when nothing that was received so far is left to do. */
  idle(): Promise<void> {
    return this.#last
  }

  async #take(command: Command): Promise<void> {
    const { log, signal } = this.#options
    const name = `${command.type} ${command.id}`
    try {
      if (signal.aborted) return
      log(`${name}: taken up`)
      const reason = await this.#carryOut(command)
      if (reason === undefined) return
      await this.#options.journal.record(command, 'failed', reason)
      log(`${name}: failed, ${reason}`)
      this.#report({ id: command.id, state: 'failed', reason })
    } catch (error) {
      if (signal.aborted) return
      log(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      this.#report({ id: command.id, state: 'failed', reason: 'agent_failed' })
    } finally {
      this.#inHand.delete(command.id)
    }
  }

  /** @returns why it failed; undefined when it did not, or the agent was told to leave it. */
  async #carryOut(command: Command): Promise<string | undefined> {
    const { hooks, hookTimeoutMs, runHook, journal, outbox, signal, askCheckIn } = this.#options
    const { id, type } = command
    const acknowledged: NotificationOutcome = { id, state: 'acknowledged' }
    const isAcknowledgedFirst = acknowledgedFirst.includes(type)
    const hook = hooks[type]
    if (this.#isExpired(command)) return 'expired'
    if (hook === undefined && type !== 'refresh') return 'not_supported'

    await journal.record(command, 'started')
    if (isAcknowledgedFirst) {
      const receipt = await outbox.add(acknowledged)
      // The platform takes the credential of a device that acknowledges this, perhaps before the device hears of it.
      if (receipt === 'refused' && type !== 'refurbish') return 'interrupted'
      if (this.#isExpired(command)) return 'expired'
      await journal.record(command, 'acknowledged')
    }
    if (hook !== undefined) {
      const options = { timeoutMs: hookTimeoutMs, signal, mayOutliveAgent: isAcknowledgedFirst }
      const reason = await runHook(hook, command, options)
      if (reason !== undefined) return reason
    }
    await journal.record(command, 'done')
    if (!isAcknowledgedFirst) this.#report(acknowledged)
    if (type === 'refresh') askCheckIn('whole')
    if (type === 'check' || type === 'wipe') askCheckIn('changes')
    return undefined
  }

  #isExpired({ expiresAt }: Command): boolean {
    return Date.parse(expiresAt) <= this.#options.now()
  }

  #report(outcome: NotificationOutcome): void {
    void this.#options.outbox.add(outcome)
  }
}
