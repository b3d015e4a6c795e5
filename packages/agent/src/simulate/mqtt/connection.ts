import { ConnectionError } from '@mason/sdk/connection-error'
import { generate, type Packet, parser } from 'mqtt-packet'
import { isRefusal, LoginRefused } from '../../mqtt/login-refused.ts'
import type { KeepAlive, KeptAlive } from './keep-alive.ts'
import { openWire, type Wire } from './wire.ts'

interface Waiter {
  resolve: () => void
  reject: (error: Error) => void
}

export interface ConnectionOptions {
  /** mqtt, mqtts, ws or wss. */
  url: URL
  device: { id: string; secret: string }
  /** Subscribed to after the login. */
  topics: readonly string[]
  keepAlive: KeepAlive
  onMessage: (topic: string, payload: Buffer | string) => void
  /** Called when a connection that was open has ended, for any reason. */
  onClose: () => void
}

/** The device itself ended the connection. */
export class HungUp extends ConnectionError {
  constructor() {
    super('MQTT: hung up')
  }
}

const loginId = 0
const subscribeId = 1
/** Those of commands and deployments come first. */
const requiredTopics = 2
const longestId = 65_535

/**
 * A simulated device's MQTT 3.1.1 connection with only what a simulation needs: QoS 1, no timers of its own, no queues
 * (measured with 5,000 of them: 14 KB each over TCP and 17 KB over WebSocket; mqtt.js takes 33 and 37).
 */
export class Connection implements KeptAlive {
  readonly #options: ConnectionOptions
  readonly #wire: Wire
  readonly #pending = new Map<number, Waiter>()
  #lastId = subscribeId
  #isOpen = false
  #isSilent = false
  #oldestAtLastCheck: number | undefined
  #forget: () => void

  private constructor(options: ConnectionOptions, login: Waiter) {
    this.#options = options
    this.#pending.set(loginId, login)
    const incoming = parser({ protocolVersion: 4 })
    incoming.on('packet', (packet) => this.#receive(packet))
    incoming.on('error', () => this.#wire.destroy())
    this.#wire = openWire(options.url, {
      onOpen: () => this.#login(),
      onData: (bytes) => {
        this.#isSilent = false
        incoming.parse(bytes)
      },
      onClose: (fault) => this.#end(new ConnectionError(`MQTT: ${describe(fault)}`, { cause: fault })),
    })
    this.#forget = options.keepAlive.add(this)
  }

  /**
   * Connects, logs in and subscribes.
   *
   * @throws LoginRefused when the credential is refused; ConnectionError.
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const connection = new Connection(options, { resolve, reject })
    await promise
    return connection
  }

  /**
   * Publishes with QoS 1.
   *
   * @returns after the PUBACK.
   * @throws ConnectionError when the connection ends before that.
   */
  publish(topic: string, body: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(new ConnectionError('MQTT: not connected'))
        return
      }
      const messageId = this.#nextId()
      this.#pending.set(messageId, { resolve, reject })
      const payload = JSON.stringify(body)
      this.#send({ cmd: 'publish', topic, payload, qos: 1, messageId, dup: false, retain: false })
    })
  }

  /** Sends DISCONNECT and closes. */
  close(): void {
    if (this.#isOpen) this.#send({ cmd: 'disconnect' })
    this.#wire.end()
    this.#end(new HungUp())
  }

  /** Cuts the connection without DISCONNECT. */
  cut(): void {
    this.#wire.destroy()
    this.#end(new HungUp())
  }

  /** Pings the broker; ends the connection if nothing has arrived since the last check, or a packet is unanswered. */
  check(): void {
    const [oldest] = this.#pending.keys()
    const isStuck = oldest !== undefined && oldest === this.#oldestAtLastCheck
    this.#oldestAtLastCheck = oldest
    if (this.#isSilent || isStuck) {
      this.#wire.destroy()
      return
    }
    this.#isSilent = true
    if (this.#isOpen) this.#send({ cmd: 'pingreq' })
  }

  #login(): void {
    const { device, keepAlive } = this.#options
    this.#send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: device.id,
      username: device.id,
      password: Buffer.from(device.secret),
      keepalive: keepAlive.seconds * 2,
    })
  }

  #receive(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode === 0) this.#subscribe()
        else this.#fail(isRefusal(packet.returnCode) ? new LoginRefused() : refused(`code ${packet.returnCode}`))
        break
      case 'suback':
        // A platform of before knows no topic of X-Ray.
        if (packet.granted.slice(0, requiredTopics).some((granted) => granted !== 1)) {
          this.#fail(refused('subscription'))
          break
        }
        this.#isOpen = true
        this.#resolve(loginId)
        break
      case 'puback':
        this.#resolve(packet.messageId ?? 0)
        break
      case 'publish':
        if (packet.qos === 1) this.#send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
        this.#options.onMessage(packet.topic, packet.payload)
    }
  }

  #subscribe(): void {
    const subscriptions = this.#options.topics.map((topic) => ({ topic, qos: 1 as const }))
    this.#send({ cmd: 'subscribe', messageId: subscribeId, subscriptions })
  }

  #resolve(messageId: number): void {
    this.#pending.get(messageId)?.resolve()
    this.#pending.delete(messageId)
  }

  #fail(error: Error): void {
    this.#wire.destroy()
    this.#end(error)
  }

  #end(error: Error): void {
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#forget()
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    if (wasOpen) this.#options.onClose()
  }

  #nextId(): number {
    do this.#lastId = this.#lastId >= longestId ? subscribeId + 1 : this.#lastId + 1
    while (this.#pending.has(this.#lastId))
    return this.#lastId
  }

  #send(packet: Packet): void {
    this.#wire.write(generate(packet))
  }
}

const refused = (what: string) => new ConnectionError(`MQTT: refused, ${what}`)

function describe(fault: Error | undefined): string {
  if (!fault) return 'connection closed'
  return fault.message || ('code' in fault ? String(fault.code) : fault.name)
}
