import type { Command, NotificationOutcome, NotificationType } from '@mason/contract/notification'
import type { RunHook } from './hook.ts'
import { Intake } from './intake.ts'
import type { Journal } from './journal.ts'
import type { Outbox } from './outbox.ts'
import { isExpired, mayCarryOut } from './rules.ts'
import { WaitingRoom, type WaitingRoomOptions } from './waiting-room.ts'

/** Shell commands by the type of notification that they carry out. */
export type Hooks = Partial<Record<NotificationType, string>>

// The host may not come back to report after these, so it reports first.
const acknowledgedFirst: readonly NotificationType[] = ['reboot', 'shutdown', 'wipe', 'refurbish']

export interface CommandRunnerOptions extends Pick<WaitingRoomOptions, 'timezone' | 'delay'> {
  hooks: Hooks
  hookTimeoutMs: number
  runHook: RunHook
  journal: Journal
  outbox: Outbox
  /** Requests an extra check-in: of everything, or of what changed. */
  askCheckIn: (extent: 'whole' | 'changes') => void
  /** Milliseconds since 1970. */
  now: () => number
  log: (line: string) => void
  signal: AbortSignal
}

/** Carries out commands in order, each once however often it arrives, and reports their outcomes. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #intake: Intake
  readonly #waitingRoom: WaitingRoom
  #last: Promise<void> = Promise.resolve()

  constructor(options: CommandRunnerOptions) {
    this.#options = options
    this.#intake = new Intake({
      outcomeOf: (id) => options.journal.outcomeOf(id),
      report: (outcome) => this.#report(outcome),
      start: (command) => {
        this.#last = this.#last.then(() => this.#run(command))
      },
    })
    for (const outcome of options.journal.interrupted()) this.#report(outcome)
    for (const { id } of options.journal.held()) this.#report({ id, state: 'held' })
    this.#waitingRoom = new WaitingRoom({
      ...options,
      askCheckIn: () => options.askCheckIn('changes'),
      start: (command) => {
        this.#last = this.#last.then(() => this.#run(command))
      },
    })
  }

  /** Queues a command. A command that was carried out before is not carried out again; its outcome is reported again. */
  receive(command: Command): void {
    this.#intake.receive(command)
  }

  /** The ids of commands that it held and is about to carry out. */
  due(): string[] {
    return this.#waitingRoom.due()
  }

  /** Drops commands that were canceled while it held them. */
  withdraw(ids: readonly string[]): void {
    const { journal, log } = this.#options
    this.#last = this.#last.then(async () => {
      for (const command of journal.held()) {
        if (!ids.includes(command.id)) continue
        await journal.record(command, 'failed', 'withdrawn')
        log(`${command.type} ${command.id}: withdrawn`)
      }
    })
  }

  /** Resolves when every command received so far is finished, or waits for its window. */
  async idle(): Promise<void> {
    await this.#last
    await this.#waitingRoom.idle()
    await this.#last
  }

  async #run(command: Command): Promise<void> {
    const { log, signal, now } = this.#options
    const name = `${command.type} ${command.id}`
    try {
      if (signal.aborted) return
      if (this.#waitingRoom.closedForMs(command) > 0 && !isExpired(command, now())) return await this.#hold(command)
      log(`${name}: started`)
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
      this.#intake.close(command.id)
    }
  }

  async #hold(command: Command): Promise<void> {
    await this.#options.journal.record(command, 'held')
    this.#options.log(`${command.type} ${command.id}: held until its window opens`)
    this.#report({ id: command.id, state: 'held' })
    this.#waitingRoom.add(command)
  }

  /** @returns why it failed; undefined when it succeeded. */
  async #carryOut(command: Command): Promise<string | undefined> {
    const { hooks, hookTimeoutMs, runHook, journal, signal, now } = this.#options
    const { type } = command
    const isAcknowledgedFirst = acknowledgedFirst.includes(type)
    const hook = hooks[type]
    if (isExpired(command, now())) return 'expired'
    if (hook === undefined && type !== 'refresh') return 'not_supported'

    await journal.record(command, 'started')
    if (isAcknowledgedFirst) {
      const reason = await this.#acknowledgeFirst(command)
      if (reason !== undefined) return reason
    }
    if (hook !== undefined) {
      const options = { timeoutMs: hookTimeoutMs, signal, mayOutliveAgent: isAcknowledgedFirst }
      const reason = await runHook(hook, command, options)
      if (reason !== undefined) return reason
    }
    await journal.record(command, 'done')
    if (!isAcknowledgedFirst) this.#report({ id: command.id, state: 'acknowledged' })
    this.#checkInAfter(type)
    return undefined
  }

  /** @returns why the command must not be carried out; undefined when it may be. */
  async #acknowledgeFirst(command: Command): Promise<string | undefined> {
    const { journal, outbox, now } = this.#options
    const receipt = await outbox.add({ id: command.id, state: 'acknowledged' })
    if (!mayCarryOut(command.type, receipt)) return 'interrupted'
    if (isExpired(command, now())) return 'expired'
    await journal.record(command, 'acknowledged')
    return undefined
  }

  #checkInAfter(type: NotificationType): void {
    const { askCheckIn } = this.#options
    if (type === 'refresh') askCheckIn('whole')
    if (type === 'check' || type === 'wipe') askCheckIn('changes')
  }

  #report(outcome: NotificationOutcome): void {
    void this.#options.outbox.add(outcome)
  }
}
