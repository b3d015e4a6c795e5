import { type Checkin, checkin } from '@mason/contract/checkin'
import { enroll } from '@mason/contract/enrollment'
import type { NotificationType } from '@mason/contract/notification'
import { composeCheckin } from '../check-in/compose.ts'
import { intervalMs } from '../check-in/interval.ts'
import type { Report } from '../check-in/report.ts'
import { judgeFailure } from '../check-in/verdict.ts'
import { Outbox } from '../command/outbox.ts'
import { basicAuthorization } from '../http/basic.ts'
import { topics } from '../mqtt/topics.ts'
import { CommandDesk } from './command-desk.ts'
import type { Fleet } from './fleet.ts'
import { InstallDesk } from './install-desk.ts'
import type { Member, MemberCredential } from './member.ts'
import { HungUp } from './mqtt/connection.ts'
import { Link } from './mqtt/link.ts'
import type { SimulatedDevice } from './simulated-device.ts'

// Somebody has to switch it on again.
const shutdownBoots = 10
const never = Number.POSITIVE_INFINITY

/** The agent of a simulated device: it connects, checks in and does what it is told, all in its turns. */
export class SimulatedAgent {
  readonly device: SimulatedDevice
  readonly #fleet: Fleet
  readonly #outbox = new Outbox(() => this.#wakeAt(this.#fleet.clock.now()))
  readonly #desk: CommandDesk
  readonly #installs: InstallDesk
  readonly #link: Link
  #credential: MemberCredential
  #authorization: string
  #mustEnrol = false
  /** What the server surely holds. */
  #known: Report | undefined
  /** Whatever the server holds, it is to be told everything. */
  #isWholeDue = false
  /** Check-ins that failed in a row. */
  #failures = 0
  #usualMs: number
  /** When the next regular check-in is due. */
  #regularAtMs = 0
  /** No sooner may it speak over HTTP again. */
  #httpAgainAtMs = 0
  /** Until then it neither speaks nor listens. */
  #offUntilMs = 0
  #nextTurnMs: number | undefined
  #isBusy = false

  constructor({ device, credential }: Member, fleet: Fleet) {
    this.device = device
    this.#fleet = fleet
    this.#credential = credential
    this.#authorization = basicAuthorization(credential)
    this.#usualMs = fleet.intervalMs ?? intervalMs(credential.checkinSeconds)
    this.#desk = new CommandDesk({
      faults: device.faults,
      outbox: this.#outbox,
      fleet,
      carryOut: (type) => this.#carryOut(type),
    })
    this.#installs = new InstallDesk({ device, fleet, onDone: () => this.#wakeAt(fleet.clock.now()) })
    this.#link = new Link(credential, {
      fleet,
      outbox: this.#outbox,
      isFlapping: device.faults.flap,
      onCommand: (command) => this.#desk.receive(command),
      onDesired: (desired) => this.#installs.receive(desired),
      onEnd: () => this.#wakeAt(this.#nextMs()),
    })
  }

  /** Its credential; none once it is off for good. */
  get credential(): MemberCredential | undefined {
    return this.#offUntilMs === never ? undefined : this.#credential
  }

  /**
   * Begins. Where there is MQTT it connects now.
   *
   * @param share its place in the fleet, from 0 to 1, by which regular check-ins are spread over the interval.
   */
  start(share: number): void {
    const nowMs = this.#fleet.clock.now()
    this.#regularAtMs = nowMs + this.#usualMs * share
    this.#wakeAt(this.#link.isOffered ? nowMs : this.#regularAtMs)
  }

  /** Says goodbye to the broker. */
  end(): void {
    this.#link.leave('goodbye')
  }

  /** Brings the next turn forward to a moment, unless it is sooner anyway. */
  #wakeAt(atMs: number): void {
    const turnMs = Math.max(atMs, this.#offUntilMs)
    if (turnMs === never || (this.#nextTurnMs !== undefined && this.#nextTurnMs <= turnMs)) return
    this.#nextTurnMs = turnMs
    this.#fleet.queue.push(turnMs, async () => {
      // Else it was brought forward, or put off.
      if (this.#nextTurnMs === turnMs && !this.#isBusy) await this.#takeTurn(turnMs)
    })
  }

  async #takeTurn(dueMs: number): Promise<void> {
    const { clock, statistics } = this.#fleet
    statistics.lateMs = clock.now() - dueMs
    this.#nextTurnMs = undefined
    this.#isBusy = true
    const nextMs = await this.#live()
    this.#isBusy = false
    // A turn that fell due meanwhile was passed over.
    const missedMs = this.#nextTurnMs ?? never
    this.#nextTurnMs = undefined
    this.#wakeAt(Math.min(nextMs, missedMs))
  }

  /** @returns when the next turn is due. */
  async #live(): Promise<number> {
    const { clock, statistics, random, signal, transport } = this.#fleet
    try {
      if (this.#mustEnrol) await this.#enrol()
      const state = await this.#link.connect()
      if (state === 'refused' && transport === 'mqtt') return this.#giveUp()
      // Whether a refused credential is dead, HTTP tells.
      if (state === 'connected' || state === 'refused' || this.#isHttpDue()) await this.#checkIn()
      return this.#nextMs()
    } catch (error) {
      if (signal.aborted || clock.now() < this.#offUntilMs) return this.#offUntilMs
      if (!(error instanceof HungUp)) statistics.recordError(error)
      this.#failures += 1
      const circumstances = { failures: this.#failures, intervalMs: this.#usualMs, random: random() }
      const verdict = judgeFailure(error, circumstances)
      if (verdict.outcome === 'credential-refused') return this.#giveUp()
      if (!verdict.isStateKnown) this.#known = undefined
      this.#httpAgainAtMs = clock.now() + verdict.waitMs
      return this.#mustEnrol ? this.#httpAgainAtMs : this.#nextMs()
    }
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

  async #enrol(): Promise<void> {
    const { exchange, token } = this.#fleet
    this.#credential = await exchange.post(enroll, this.device.enrolmentRequest(token))
    this.#authorization = basicAuthorization(this.#credential)
    this.#link.use(this.#credential)
    this.#mustEnrol = false
  }

  async #checkIn(): Promise<void> {
    const { clock, statistics } = this.#fleet
    const nowMs = clock.now()
    const report = this.device.report(nowMs)
    const members = this.#installs.members()
    const body = { ...composeCheckin(this.#isWholeDue ? undefined : this.#known, report), ...members }
    this.#isWholeDue = false
    const sentMs = performance.now()
    if (this.#link.isConnected) await this.#link.publish(topics.checkin(this.#credential.id), body)
    else await this.#checkInOverHttp(body)
    this.#installs.confirm(members.outcomes)
    statistics.recordLatency(performance.now() - sentMs)
    statistics.checkIns += 1
    if (body.partial) statistics.partialCheckIns += 1
    this.#known = report
    this.#failures = 0
    // Counted from when it was due, so that the spread lasts; unless it is too late for that.
    if (nowMs >= this.#regularAtMs) this.#regularAtMs = Math.max(this.#regularAtMs + this.#usualMs, clock.now())
  }

  async #checkInOverHttp(body: Checkin): Promise<void> {
    const { exchange, intervalMs: fixedMs } = this.#fleet
    const outcomes = this.#outbox.waiting()
    const notificationStates = outcomes.length > 0 ? { notificationStates: outcomes } : {}
    const answer = await exchange.post(checkin, { ...body, ...notificationStates }, this.#authorization)
    this.#outbox.confirm(outcomes)
    this.#usualMs = fixedMs ?? intervalMs(answer.checkinSeconds)
    for (const command of answer.notifications) this.#desk.receive(command)
    if (answer.deployments) this.#installs.receive(answer.deployments)
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
        this.#installs.forget()
        this.#mustEnrol = true
        this.#switchOff(nowMs + bootMs, 'goodbye')
        break
      case 'refurbish':
        this.#switchOff(never, 'goodbye')
    }
  }

  /** The platform does not know it any more. */
  #giveUp(): number {
    this.#switchOff(never, 'goodbye')
    this.#outbox.refuse()
    return never
  }

  #switchOff(untilMs: number, manner: 'goodbye' | 'abrupt'): void {
    this.#offUntilMs = untilMs
    this.#isWholeDue = true
    this.#desk.forgetOpen()
    this.#link.leave(manner)
    this.#nextTurnMs = undefined
    this.#wakeAt(untilMs)
  }
}
