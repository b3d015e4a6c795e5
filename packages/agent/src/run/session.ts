import type { Command } from '@mason/contract/notification'
import type { XrayCall } from '@mason/contract/xray'
import { composeCheckin } from '../check-in/compose.ts'
import { ignoredLogger } from '../check-in/ignored.ts'
import { intervalMs } from '../check-in/interval.ts'
import { checkInOverHttp } from '../check-in/over-http.ts'
import type { Report } from '../check-in/report.ts'
import { judgeFailure } from '../check-in/verdict.ts'
import type { Outbox } from '../command/outbox.ts'
import type { Credential } from '../credential/credential.ts'
import type { Deployer } from '../deploy/deployer.ts'
import { basicAuthorization } from '../http/basic.ts'
import type { Exchange } from '../http/exchange.ts'
import type { OpenChannel } from '../mqtt/channel.ts'
import { ChannelKeeper } from '../mqtt/channel-keeper.ts'
import { topics } from '../mqtt/topics.ts'
import { WakeUp } from './wake-up.ts'

export interface SessionOptions {
  /** Stop after the first check-in and the commands that it brought. */
  isOnce: boolean
  readReport: () => Promise<Report>
  openExchange: (server: string) => Exchange
  openChannel: OpenChannel
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  log: (line: string) => void
  /** Is called when the platform has taken the first report. */
  onFirstCheckIn?: () => void
  signal: AbortSignal
  outbox: Outbox
  /** Receives the commands that arrive. */
  receive: (command: Command) => void
  /** The ids of commands that were held and are about to be carried out. */
  dueCommands: () => string[]
  /** Drops commands that were canceled while they were held. */
  withdraw: (ids: readonly string[]) => void
  deployer: Deployer
  /** Joins the session that waits for the host over X-Ray; absent where the host offers nothing. */
  onCall?: (call: XrayCall, credential: Credential) => void
  /** Resolves when everything received so far is finished. */
  idle: () => Promise<void>
  /** Requests a check-in now. */
  due: WakeUp
  /** Whether a whole check-in was requested since this was last called. */
  takeWholeAsked: () => boolean
}

type End = 'credential-refused' | 'done'

/**
 * Checks in under one credential, over MQTT while there is a connection, else over HTTP, until the signal aborts, the
 * credential is refused, or with `isOnce` the first check-in is done.
 *
 * @throws with `isOnce` ApiError and ConnectionError.
 */
export async function holdSession(credential: Credential, options: SessionOptions): Promise<End> {
  const session = new Session(credential, options)
  try {
    return await session.run()
  } finally {
    await session.close()
  }
}

class Session {
  readonly #credential: Credential
  readonly #options: SessionOptions
  readonly #authorization: string
  readonly #exchange: Exchange
  readonly #keeper: ChannelKeeper | undefined
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  /** A channel opened, or the credential is in doubt: either way a wait after an HTTP failure is pointless. */
  readonly #changed = new WakeUp()
  readonly #logIgnored: ReturnType<typeof ignoredLogger>
  readonly #cut = () => void this.#exchange.close()
  #usualMs: number
  /** The last report that the server certainly holds. */
  #known: Report | undefined
  /** Check-ins that failed in a row. */
  #failures = 0
  #isFirst = true

  constructor(credential: Credential, options: SessionOptions) {
    this.#credential = credential
    this.#options = options
    this.#authorization = basicAuthorization(credential)
    this.#exchange = options.openExchange(credential.server)
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal])
    this.#signal.addEventListener('abort', this.#cut)
    this.#logIgnored = ignoredLogger(options.log)
    this.#usualMs = intervalMs(credential.checkinSeconds)
    options.deployer.use({ server: credential.server, authorization: this.#authorization })
    this.#keeper = this.#keepChannel()
  }

  /** Checks in until the session ends. */
  async run(): Promise<End> {
    await this.#keeper?.firstAttempt
    while (!this.#signal.aborted) {
      const end = await this.#checkInAndWait()
      if (end) return end
    }
    return 'done'
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    this.#ended.abort()
    this.#signal.removeEventListener('abort', this.#cut)
    await this.#exchange.close()
  }

  #keepChannel(): ChannelKeeper | undefined {
    const { isOnce, openChannel, receive, withdraw, deployer, outbox, onCall } = this.#options
    const { id, mqtt } = this.#credential
    if (!mqtt || isOnce) return undefined
    return new ChannelKeeper({
      ...this.#options,
      signal: this.#signal,
      open: () =>
        openChannel(mqtt.url, this.#credential, {
          onCommand: receive,
          onWithdrawn: withdraw,
          onAssigned: (assigned) => deployer.receive(assigned),
          ...(onCall && { onCall: (call: XrayCall) => onCall(call, this.#credential) }),
        }),
      onOpen: (channel) => {
        this.#changed.wake()
        return outbox.attach((outcome) => {
          const { id: notificationId, ...body } = outcome
          return channel.publish(topics.outcome(id, notificationId), body)
        })
      },
      onRefused: () => this.#changed.wake(),
    })
  }

  /** @returns how the session ended; undefined when it goes on. */
  async #checkInAndWait(): Promise<End | undefined> {
    const { isOnce, readReport, takeWholeAsked, due, log, delay } = this.#options
    const asked = due.take()
    const reconsidered = this.#changed.take()
    const report = await readReport()
    if (takeWholeAsked()) this.#known = undefined
    try {
      await this.#checkIn(report)
    } catch (error) {
      return this.#afterFailure(error, reconsidered)
    }
    if (this.#isFirst) {
      log('checked in')
      this.#options.onFirstCheckIn?.()
    }
    this.#isFirst = false
    this.#known = report
    this.#failures = 0
    if (isOnce) return this.#finishOnce(asked)
    await delay(this.#usualMs, AbortSignal.any([this.#signal, asked, reconsidered])).catch(() => {})
    return undefined
  }

  async #checkIn(report: Report): Promise<void> {
    const { deployer, outbox, due, receive, withdraw, dueCommands, onCall } = this.#options
    const members = deployer.members()
    const held = dueCommands()
    const body = {
      ...composeCheckin(this.#known, report),
      ...members,
      ...(held.length > 0 && { heldNotifications: held }),
    }
    const channel = this.#keeper?.channel
    if (channel) {
      await channel.publish(topics.checkin(this.#credential.id), body)
      deployer.confirm(members.outcomes)
      this.#keeper?.prove()
      return
    }
    const answer = await checkInOverHttp(body, { exchange: this.#exchange, authorization: this.#authorization, outbox })
    this.#logIgnored(answer.ignored)
    deployer.confirm(members.outcomes)
    if (outbox.waiting().length > 0) due.wake()
    this.#usualMs = intervalMs(answer.checkinSeconds)
    if (answer.withdrawn) withdraw(answer.withdrawn)
    for (const command of answer.notifications) receive(command)
    if (answer.deployments) deployer.receive(answer.deployments)
    for (const call of answer.xray ?? []) onCall?.(call, this.#credential)
  }

  async #finishOnce(asked: AbortSignal): Promise<'done' | undefined> {
    await Promise.race([this.#options.idle(), aborted(asked), aborted(this.#signal)])
    return asked.aborted ? undefined : 'done'
  }

  async #afterFailure(error: unknown, reconsidered: AbortSignal): Promise<End | undefined> {
    const { isOnce, random, log, delay } = this.#options
    if (this.#signal.aborted) return 'done'
    this.#failures += 1
    const circumstances = { failures: this.#failures, intervalMs: this.#usualMs, random: random() }
    const verdict = judgeFailure(error, circumstances)
    if (verdict.outcome === 'credential-refused') return verdict.outcome
    if (isOnce) throw error
    if (!verdict.isStateKnown) this.#known = undefined
    log(`check-in failed, next in ${Math.ceil(verdict.waitMs / 1000)} s: ${messageOf(error)}`)
    await delay(verdict.waitMs, AbortSignal.any([this.#signal, reconsidered])).catch(() => {})
    return undefined
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
