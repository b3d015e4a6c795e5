import { ConnectionError } from '@mason/sdk/connection-error'
import { backOffMs } from '../../back-off.ts'
import type { Outbox } from '../../command/outbox.ts'
import { handleMessage, type MessageHandlers } from '../../mqtt/handle-message.ts'
import { LoginRefused } from '../../mqtt/login-refused.ts'
import { subscriptions, topics } from '../../mqtt/topics.ts'
import { type Fleet, later } from '../fleet/fleet.ts'
import type { MemberCredential } from '../fleet/member.ts'
import { Connection } from './connection.ts'

const firstBackOffMs = 2000
const longestBackOffMs = 60_000
const flapMs = { least: 2000, most: 8000 }

export interface LinkOptions extends MessageHandlers {
  fleet: Fleet
  /** Its outcomes are sent while there is a connection. */
  outbox: Outbox
  /** Whether it drops its connection every few seconds. */
  isFlapping: boolean
  /** Called when a connection has ended. */
  onEnd: () => void
}

/** A simulated device's MQTT link to the platform: a connection, or the time of the next attempt. */
export class Link {
  readonly #options: LinkOptions
  #credential: MemberCredential
  #url: URL | undefined
  #connection: Connection | undefined
  #detach = () => {}
  #failures = 0
  #tryAtMs = 0

  constructor(credential: MemberCredential, options: LinkOptions) {
    this.#options = options
    this.#credential = credential
    this.use(credential)
  }

  /** Uses another credential from now on. */
  use(credential: MemberCredential): void {
    const { transport } = this.#options.fleet
    this.#credential = credential
    this.#url = credential.mqtt && transport !== 'http' ? new URL(credential.mqtt.url) : undefined
  }

  /** Whether the platform offers MQTT and the simulation uses it. */
  get isOffered(): boolean {
    return this.#url !== undefined
  }

  /** Whether there is a connection now. */
  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  /** The earliest time of the next attempt to connect, in milliseconds since 1970. */
  get tryAtMs(): number {
    return this.#tryAtMs
  }

  /** Connects, unless it is too early to try again. */
  async connect(): Promise<'connected' | 'not-connected' | 'refused'> {
    const { clock, random, signal, statistics } = this.#options.fleet
    if (this.#connection) return 'connected'
    if (!this.#url || clock.now() < this.#tryAtMs) return 'not-connected'
    try {
      this.#connected(await this.#open(this.#url))
      return 'connected'
    } catch (error) {
      if (signal.aborted) return 'not-connected'
      statistics.recordError(error)
      this.#failures += 1
      const limits = { firstMs: firstBackOffMs, longestMs: longestBackOffMs, random: random() }
      this.#tryAtMs = clock.now() + backOffMs(this.#failures, limits)
      return error instanceof LoginRefused ? 'refused' : 'not-connected'
    }
  }

  /** @throws ConnectionError when there is no PUBACK. */
  async publish(topic: string, body: unknown): Promise<void> {
    if (!this.#connection) throw new ConnectionError('MQTT: not connected')
    await this.#connection.publish(topic, body)
  }

  /** Ends the connection, if there is one; the next attempt may follow at once. */
  leave(manner: 'goodbye' | 'abrupt'): void {
    if (manner === 'goodbye') this.#connection?.close()
    else this.#connection?.cut()
    this.#tryAtMs = 0
  }

  #open(url: URL): Promise<Connection> {
    const { fleet } = this.#options
    const { id } = this.#credential
    return Connection.open({
      url,
      device: this.#credential,
      topics: [...subscriptions(id), ...(this.#options.onCall ? [topics.xray(id)] : [])],
      keepAlive: fleet.keepAlive,
      onMessage: (topic, payload) => handleMessage(id, { topic, payload }, this.#options),
      onClose: () => this.#disconnected(),
    })
  }

  #connected(connection: Connection): void {
    const { fleet, outbox, isFlapping } = this.#options
    const { id } = this.#credential
    this.#connection = connection
    this.#failures = 0
    fleet.statistics.connected += 1
    fleet.statistics.mostConnected = Math.max(fleet.statistics.mostConnected, fleet.statistics.connected)
    this.#detach = outbox.attach(({ id: notificationId, ...outcome }) =>
      connection.publish(topics.outcome(id, notificationId), outcome),
    )
    if (!isFlapping) return
    later(fleet, flapMs.least + fleet.random() * (flapMs.most - flapMs.least), () => connection.cut())
  }

  #disconnected(): void {
    const { fleet, onEnd } = this.#options
    fleet.statistics.connected -= 1
    this.#connection = undefined
    this.#tryAtMs = fleet.clock.now() + fleet.random() * firstBackOffMs
    onEnd()
    this.#detach()
  }
}
