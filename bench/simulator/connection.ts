import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { generate, type Packet, parser } from 'mqtt-packet'
import type { SimulatedDevice } from './simulator.ts'

interface Listener {
  subscribed(): void
  /** A command has arrived. */
  commanded(payloadBytes: number): void
  failed(error: Error): void
}

// So long that the broker keeps a timer, as for a real device, but no ping is ever sent.
const keepAliveSeconds = 3_600
const idStart = '{"id":"'.length
const idLength = 36
const acknowledged = '{"state":"acknowledged"}'
/** The buffer that all connections read into, one at a time. */
const arrivals = Buffer.allocUnsafe(65_536)

interface Manner {
  /** Whether each command is answered with its outcome, as the platform expects. */
  isAcknowledging: boolean
  isTls: boolean
}

const openPlain = (port: number, take: (bytes: Buffer) => void): Socket =>
  connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: arrivals,
      callback: (length, buffer) => {
        take(Buffer.from((buffer as Buffer).subarray(0, length)))
        return true
      },
    },
  })

/** As devices have no certificate of the bench, they trust every one. */
const openSecured = (raw: Socket, take: (bytes: Buffer) => void): Socket =>
  connectTls({ socket: raw, rejectUnauthorized: false }).on('data', take)

/** A device over TCP or TLS that costs as little as possible, because its CPU time is lost to what is measured. */
export class DeviceConnection {
  readonly #raw: Socket
  /** The same, or TLS over it. */
  readonly #socket: Socket
  readonly #parser = parser()
  readonly #device: SimulatedDevice
  readonly #isAcknowledging: boolean
  readonly #listener: Listener
  #messageId = 1
  /** Resolves when a report is acknowledged. */
  #reported: (() => void) | undefined

  constructor(port: number, device: SimulatedDevice, { isAcknowledging, isTls }: Manner, listener: Listener) {
    this.#device = device
    this.#isAcknowledging = isAcknowledging
    this.#listener = listener
    this.#parser.on('packet', (packet) => this.#take(packet))
    const { id, secret } = device
    const greet = () =>
      this.#send({
        cmd: 'connect',
        clientId: id,
        username: id,
        password: Buffer.from(secret),
        keepalive: keepAliveSeconds,
      })
    const take = (bytes: Buffer) => this.#parser.parse(bytes)
    this.#raw = isTls
      ? connect({ port, host: '127.0.0.1', noDelay: true })
      : openPlain(port, take).once('connect', greet)
    this.#socket = isTls ? openSecured(this.#raw, take).once('secureConnect', greet) : this.#raw
    this.#socket.on('error', listener.failed)
    this.#socket.on('close', () => listener.failed(new Error('The broker ended a connection')))
  }

  /** Sends a report; resolves when it is acknowledged. */
  report(body: string): Promise<void> {
    return new Promise((resolve) => {
      this.#reported = resolve
      this.#send(this.#publish('checkin', body))
    })
  }

  /** Resets the connection, which leaves no port in TIME_WAIT. */
  cut(): void {
    this.#socket.removeAllListeners('close')
    this.#raw.resetAndDestroy()
  }

  #send(...packets: Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map((packet) => generate(packet))))
  }

  #take(packet: Packet): void {
    const { id } = this.#device
    if (packet.cmd === 'publish')
      this.#takeCommand(packet.payload as Buffer, packet.qos === 1 ? packet.messageId : undefined)
    else if (packet.cmd === 'puback') this.#reported?.()
    else if (packet.cmd === 'suback') this.#listener.subscribed()
    else if (packet.cmd === 'connack' && packet.returnCode !== 0)
      this.#listener.failed(new Error(`The broker refused a connection with ${packet.returnCode}`))
    else if (packet.cmd === 'connack')
      this.#send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `devices/${id}/notifications`, qos: 1 }] })
  }

  #takeCommand(payload: Buffer, received: number | undefined): void {
    this.#listener.commanded(payload.length)
    const packets: Packet[] = received === undefined ? [] : [{ cmd: 'puback', messageId: received }]
    if (this.#isAcknowledging) {
      const notification = payload.toString('latin1', idStart, idStart + idLength)
      packets.push(this.#publish(`notifications/${notification}`, acknowledged))
    }
    if (packets.length > 0) this.#send(...packets)
  }

  #publish(topic: string, payload: string): Packet {
    this.#messageId = (this.#messageId % 65_535) + 1
    const { id } = this.#device
    const messageId = this.#messageId
    return { cmd: 'publish', topic: `devices/${id}/${topic}`, payload, qos: 1, messageId, dup: false, retain: false }
  }
}
