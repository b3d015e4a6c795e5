import type { Checkin } from '@mason/contract/checkin'
import { enroll } from '@mason/contract/enrollment'
import type { NotificationType } from '@mason/contract/notification'
import type { XrayCall } from '@mason/contract/xray'
import { composeCheckin } from '../../check-in/compose.ts'
import { intervalMs } from '../../check-in/interval.ts'
import { checkInOverHttp } from '../../check-in/over-http.ts'
import type { Report } from '../../check-in/report.ts'
import { judgeFailure } from '../../check-in/verdict.ts'
import { Outbox } from '../../command/outbox.ts'
import { DeploymentLedger } from '../../deploy/ledger.ts'
import { basicAuthorization } from '../../http/basic.ts'
import { topics } from '../../mqtt/topics.ts'
import { adbDaemon, Xray } from '../../xray/xray.ts'
import type { SimulatedDevice } from '../device/simulated-device.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Member, MemberCredential } from '../fleet/member.ts'
import { HungUp } from '../mqtt/connection.ts'
import { Link } from '../mqtt/link.ts'
import { virtualHost } from '../xray/virtual-host.ts'
import { CommandResponder } from './command-responder.ts'
import { Installer } from './installer.ts'

const offered: Report['xray'] = ['adb']
// Somebody has to switch it on again.
const shutdownBoots = 10
const never = Number.POSITIVE_INFINITY

/** The agent of a simulated device: in each of its turns it connects, checks in and answers commands. */
export class SimulatedAgent {
  readonly device: SimulatedDevice
  readonly #fleet: Fleet
  readonly #outbox = new Outbox(() => this.#wakeAt(this.#fleet.clock.now()))
  readonly #deployments = new DeploymentLedger()
  readonly #commands: CommandResponder
  readonly #installer: Installer
  readonly #link: Link
  #xray: Xray | undefined
  #credential: MemberCredential
  #authorization: string
  #mustEnroll = false
  /** The last report that the server certainly holds. */
  #known: Report | undefined
  /** The next check-in must be whole, whatever the server holds. */
  #isWholeDue = false
  /** Check-ins that failed in a row. */
  #failures = 0
  #usualMs: number
  /** When the next regular check-in is due. */
  #regularAtMs = 0
  /** It must not use HTTP before this time. */
  #httpAgainAtMs = 0
  /** It is switched off until this time. */
  #offUntilMs = 0
  #nextTurnMs: number | undefined
  #isBusy = false

  constructor({ device, credential }: Member, fleet: Fleet) {
    this.device = device
    this.#fleet = fleet
    this.#credential = credential
    this.#authorization = basicAuthorization(credential)
    this.#usualMs = fleet.intervalMs ?? intervalMs(credential.checkinSeconds)
    this.#commands = new CommandResponder({
      faults: device.faults,
      outbox: this.#outbox,
      fleet,
      timezone: device.timezone,
      ask: () => this.#wakeAt(fleet.clock.now()),
      carryOut: (type) => this.#carryOut(type),
    })
    this.#installer = new Installer({
      device,
      fleet,
      ledger: this.#deployments,
      onDone: () => this.#wakeAt(fleet.clock.now()),
    })
    this.#link = new Link(credential, {
      fleet,
      outbox: this.#outbox,
      isFlapping: device.faults.flap,
      onCommand: (command) => this.#commands.receive(command),
      onWithdrawn: (ids) => this.#commands.withdraw(ids),
      onAssigned: (assigned) => this.#installer.receive(assigned),
      ...(fleet.xrayServer !== undefined && { onCall: (call: XrayCall) => this.#join(call) }),
      onEnd: () => this.#wakeAt(this.#nextMs()),
    })
  }

  /** Its credential; undefined once it is switched off for good. */
  get credential(): MemberCredential | undefined {
    return this.#offUntilMs === never ? undefined : this.#credential
  }

  /**
   * Schedules its first turn: now where MQTT is offered, else at its first regular check-in.
   *
   * @param share its position in the fleet, from 0 to 1, which spreads the regular check-ins over the interval.
   * @param sinceMs when the fleet began, in milliseconds since 1970; a check-in that would have been due before now is due now.
   */
  start(share: number, sinceMs: number): void {
    const nowMs = this.#fleet.clock.now()
    this.#regularAtMs = Math.max(nowMs, sinceMs + this.#usualMs * share)
    this.#wakeAt(this.#link.isOffered ? nowMs : this.#regularAtMs)
  }

  /** Disconnects from the broker. */
  end(): void {
    this.#link.leave('goodbye')
  }

  /** Moves the next turn to a time, unless it is earlier anyway. */
  #wakeAt(atMs: number): void {
    const turnMs = Math.max(atMs, this.#offUntilMs)
    if (turnMs === never || (this.#nextTurnMs !== undefined && this.#nextTurnMs <= turnMs)) return
    this.#nextTurnMs = turnMs
    this.#fleet.queue.push(turnMs, async () => {
      // Otherwise the turn was rescheduled.
      if (this.#nextTurnMs === turnMs && !this.#isBusy) await this.#takeTurn(turnMs)
    })
  }

  async #takeTurn(dueMs: number): Promise<void> {
    const { clock, statistics } = this.#fleet
    statistics.lateMs = clock.now() - dueMs
    this.#nextTurnMs = undefined
    this.#isBusy = true
    const nextMs = await this.#act()
    this.#isBusy = false
    // A turn that fell due meanwhile was skipped.
    const missedMs = this.#nextTurnMs ?? never
    this.#nextTurnMs = undefined
    this.#wakeAt(Math.min(nextMs, missedMs))
  }

  /** @returns when the next turn is due. */
  async #act(): Promise<number> {
    const { transport } = this.#fleet
    try {
      if (this.#mustEnroll) await this.#enroll()
      const state = await this.#link.connect()
      if (state === 'refused' && transport === 'mqtt') return this.#giveUp()
      // HTTP decides whether a credential that MQTT refused is really invalid.
      if (state === 'connected' || state === 'refused' || this.#isHttpDue()) await this.#checkIn()
      return this.#nextMs()
    } catch (error) {
      return this.#afterFailure(error)
    }
  }

  /** @returns when the next turn is due. */
  #afterFailure(error: unknown): number {
    const { clock, statistics, random, signal } = this.#fleet
    if (signal.aborted || clock.now() < this.#offUntilMs) return this.#offUntilMs
    if (!(error instanceof HungUp)) statistics.recordError(error)
    this.#failures += 1
    const circumstances = { failures: this.#failures, intervalMs: this.#usualMs, random: random() }
    const verdict = judgeFailure(error, circumstances)
    if (verdict.outcome === 'credential-refused') return this.#giveUp()
    if (!verdict.isStateKnown) this.#known = undefined
    this.#httpAgainAtMs = clock.now() + verdict.waitMs
    return this.#mustEnroll ? this.#httpAgainAtMs : this.#nextMs()
  }

  #isHttpDue(): boolean {
    if (!this.#link.isOffered) return true
    const { transport, clock } = this.#fleet
    if (transport === 'mqtt' || clock.now() < this.#httpAgainAtMs) return false
    return clock.now() >= this.#regularAtMs || this.#outbox.waiting().length > 0
  }

  #nextMs(): number {
    const { isOffered, isConnected, tryAtMs } = this.#link
    if (isConnected) return this.#regularAtMs
    const overHttpMs = Math.max(this.#regularAtMs, this.#httpAgainAtMs)
    if (!isOffered) return overHttpMs
    return this.#fleet.transport === 'mqtt' ? tryAtMs : Math.min(tryAtMs, overHttpMs)
  }

  async #enroll(): Promise<void> {
    const { exchange, token } = this.#fleet
    this.#credential = await exchange.post(enroll, this.device.enrollmentRequest(token))
    this.#authorization = basicAuthorization(this.#credential)
    this.#link.use(this.#credential)
    this.#mustEnroll = false
  }

  async #checkIn(): Promise<void> {
    const { clock, statistics } = this.#fleet
    const nowMs = clock.now()
    const isOffering = this.#fleet.xrayServer !== undefined
    const report = { ...this.device.report(nowMs), ...(isOffering && { xray: offered }) }
    const members = this.#deployments.members()
    const held = this.#commands.due()
    const body = {
      ...composeCheckin(this.#isWholeDue ? undefined : this.#known, report),
      ...members,
      ...(held.length > 0 && { heldNotifications: held }),
    }
    this.#isWholeDue = false
    const sentMs = performance.now()
    if (this.#link.isConnected) await this.#link.publish(topics.checkin(this.#credential.id), body)
    else await this.#checkInOverHttp(body)
    this.#deployments.confirm(members.outcomes)
    statistics.recordLatency(performance.now() - sentMs)
    statistics.checkIns += 1
    if (body.partial) statistics.partialCheckIns += 1
    this.#known = report
    this.#failures = 0
    // From when it was due, so that the check-ins stay spread out; from now when that has passed.
    if (nowMs >= this.#regularAtMs) this.#regularAtMs = Math.max(this.#regularAtMs + this.#usualMs, clock.now())
  }

  async #checkInOverHttp(body: Checkin): Promise<void> {
    const { exchange, intervalMs: fixedMs } = this.#fleet
    const sender = { exchange, authorization: this.#authorization, outbox: this.#outbox }
    const answer = await checkInOverHttp(body, sender)
    this.#usualMs = fixedMs ?? intervalMs(answer.checkinSeconds)
    if (answer.withdrawn) this.#commands.withdraw(answer.withdrawn)
    for (const command of answer.notifications) this.#commands.receive(command)
    if (answer.deployments) this.#installer.receive(answer.deployments)
    for (const call of answer.xray ?? []) this.#join(call)
  }

  /** Joins the session that waits for it over X-Ray. */
  #join(call: XrayCall): void {
    const { xrayServer: server, clock, signal } = this.#fleet
    if (server === undefined || clock.now() < this.#offUntilMs) return
    const host = () => virtualHost(this.device, clock.now, () => this.#carryOut('reboot'))
    this.#xray ??= new Xray({ adb: adbDaemon(host()) }, { log: () => {}, signal })
    this.#xray.receive(call, { server, ...this.#credential })
  }

  #carryOut(type: NotificationType): void {
    const { clock, bootMs, random } = this.#fleet
    const nowMs = clock.now()
    switch (type) {
      case 'application':
        break
      case 'refresh':
        this.#isWholeDue = true
        this.#wakeAt(nowMs)
        break
      case 'check':
        this.device.checkForUpdates(nowMs)
        this.#wakeAt(nowMs)
        break
      case 'reboot':
        this.device.reboot()
        this.#switchOff(nowMs + bootMs, random() < 0.5 ? 'goodbye' : 'abrupt')
        break
      case 'shutdown':
        this.device.reboot()
        this.#switchOff(nowMs + shutdownBoots * bootMs, 'goodbye')
        break
      case 'wipe':
        this.device.reset(nowMs)
        this.#deployments.forget()
        this.#mustEnroll = true
        this.#switchOff(nowMs + bootMs, 'goodbye')
        break
      case 'refurbish':
        this.#switchOff(never, 'goodbye')
    }
  }

  /** The platform no longer accepts its credential. */
  #giveUp(): number {
    this.#switchOff(never, 'goodbye')
    this.#outbox.refuse()
    return never
  }

  #switchOff(untilMs: number, manner: 'goodbye' | 'abrupt'): void {
    this.#offUntilMs = untilMs
    this.#isWholeDue = true
    this.#commands.forgetOpen()
    this.#link.leave(manner)
    this.#nextTurnMs = undefined
    this.#wakeAt(untilMs)
  }
}
