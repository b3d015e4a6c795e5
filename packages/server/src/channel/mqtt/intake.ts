import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import { type Parser, parserOf } from './aedes-internals.ts'

/** The largest message of a device; the rest of a larger one is skipped. */
const messageLimit = 2 ** 20
/** All other packets, CONNECT too, are small. */
const packetLimit = 16 * 1024
/** So much is read at a time: what the packets in it become in memory is some ten times as much. */
const chunkBytes = 4 * 1024
/** Packets other than messages (pings, acknowledgements, subscriptions) by their size: 1 and one more for each 64 bytes. */
const overhead = { burst: 1_000, perSecond: 100, bytes: 64 }
const behindMs = 1_000
/** A topic that nobody knows, in place of one that aedes would end the connection for. */
const unusableTopic = 'unusable'

interface Arrival {
  address: string
  /** Told when a device has shown who it is. */
  admitted: (() => void) | undefined
  /** Told why the connection cannot go on. */
  refuse(reason: string): void
}

/**
 * Decides how much of a connection is read, and when. While a message of it is being taken in, or must wait, nothing more is read:
 * the device's own buffers fill up and slow it down, and one connection never has more in memory than a chunk.
 */
export class Intake {
  readonly address: string
  readonly admitted: Arrival['admitted']
  /** How long the device may be silent; 0 for as long as it likes. Set by its CONNECT. */
  keepAliveMs = 0
  readonly #connection: Duplex
  readonly #parser: Parser
  readonly #refuse: (reason: string) => void
  readonly #readAll: (bytes?: number) => Buffer | null
  #heardAt = performance.now()
  #underWay = 0
  #reassuredAt = 0
  #isWanted = false
  #skipBytes = 0
  #overhead = overhead.burst
  #refilledAt = this.#heardAt

  constructor(client: Client, connection: Duplex, { address, admitted, refuse }: Arrival) {
    this.address = address
    this.admitted = admitted
    this.#connection = connection
    this.#refuse = refuse
    this.#parser = parserOf(client)
    this.#readAll = connection.read.bind(connection)
    connection.read = (bytes) => (bytes === undefined || bytes === null ? this.#read() : this.#readAll(bytes))
    this.#parser.prependListener('packet', (packet) => {
      if (packet.cmd !== 'publish') this.#overhead -= 1 + Math.floor(packet.length / overhead.bytes)
      else if (!packet.topic || /[#+]/.test(packet.topic) || packet.topic.split('/').length > maxTopicLevels)
        packet.topic = unusableTopic
    })
  }

  /** A message begins to be taken in; nothing more is read before as many have ended. */
  begin(): void {
    this.#underWay++
  }

  end(): void {
    this.#underWay--
    if (this.#underWay === 0) this.#heardAt = performance.now()
    this.#wake()
  }

  /** Whether something that the device said has been waiting for its turn for a while. */
  get isBehind(): boolean {
    return this.#underWay > 0 && performance.now() - this.#heardAt > behindMs
  }

  /** Whether the device has said nothing for half as long again as it promised (MQTT 3.1.1 §3.1.2.10). */
  isSilent(now: number): boolean {
    return this.keepAliveMs > 0 && this.#underWay === 0 && now - this.#heardAt > this.keepAliveMs * 1.5
  }

  /** Answers the ping that may be among what is not read yet, or the device would take the connection for dead. */
  reassure(now: number): void {
    const lastMs = now - Math.max(this.#heardAt, this.#reassuredAt)
    if (this.keepAliveMs === 0 || this.#underWay === 0 || lastMs < this.keepAliveMs / 3) return
    this.#reassuredAt = now
    this.#connection.write(pingresp)
  }

  /** What aedes reads; nothing when it is not the time. */
  #read(): Buffer | null {
    if (this.#underWay > 0 || this.#mustWaitForOverhead()) {
      this.#isWanted = true
      return null
    }
    if (!this.#mayGoOn()) return null
    if (this.#skipBytes > 0) return this.#skip()
    const { packet, _list: list } = this.#parser
    const most = Math.max(chunkBytes, packet.length - list.length)
    const isMore = this.#connection.readableLength > most
    const chunk = isMore ? this.#readAll(most) : this.#readAll()
    if (chunk !== null) this.#heardAt = performance.now()
    if (isMore) this.#readOn()
    return chunk
  }

  /** Looks at the packet that is being read, before any more of it is. */
  #mayGoOn(): boolean {
    const { packet } = this.#parser
    if (packet.cmd === 'publish') {
      if (packet.length > messageLimit) this.#shorten()
      return this.#underWay === 0
    }
    if (packet.length <= packetLimit) return true
    this.#refuse(`a packet ${packet.cmd} of more than ${packetLimit} bytes`)
    return false
  }

  /** Makes a message that is too large one without a body, which is refused like any other that cannot be read. */
  #shorten(): void {
    const { packet, _list: list } = this.#parser
    if (list.length < 2) return
    const headBytes = 2 + list.readUInt16BE(0) + (packet.qos > 0 ? 2 : 0)
    if (list.length < headBytes) return
    this.#skipBytes = packet.length - list.length
    const head = list.slice(0, headBytes)
    list.consume(list.length)
    packet.length = headBytes
    this.#isWanted = true
    this.#parser.parse(head)
  }

  #skip(): null {
    const { readableLength } = this.#connection
    const skipped = readableLength > this.#skipBytes ? this.#readAll(this.#skipBytes) : this.#readAll()
    if (skipped === null) return null
    this.#heardAt = performance.now()
    this.#skipBytes -= skipped.length
    this.#readOn()
    return null
  }

  #mustWaitForOverhead(): boolean {
    if (this.#overhead > 0) return false
    const now = performance.now()
    this.#overhead = Math.min(overhead.burst, this.#overhead + ((now - this.#refilledAt) / 1000) * overhead.perSecond)
    this.#refilledAt = now
    if (this.#overhead > 0) return false
    setTimeout(() => this.#wake(), ((1 - this.#overhead) / overhead.perSecond) * 1000).unref()
    return true
  }

  /** Other connections have their turn before. */
  #readOn(): void {
    this.#isWanted = true
    setImmediate(() => this.#wake())
  }

  #wake(): void {
    if (!this.#isWanted || this.#underWay > 0 || this.#connection.destroyed) return
    this.#isWanted = false
    this.#connection.emit('readable')
  }
}

/** As many as aedes takes. */
export const maxTopicLevels = 100
const pingresp = Buffer.from([0xd0, 0])
