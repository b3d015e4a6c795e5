import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes'
import { maxTopicLevels } from './intake.ts'
import { NothingKept, nobodyListens } from './keep-nothing.ts'

interface Hooks {
  /** Told of the keep-alive that a CONNECT promises, in milliseconds; 0 for none. */
  onConnect(client: Client, keepAliveMs: number): void
  /** Rejects with a return code for whoever may not connect. */
  authenticate(client: Client, username: string | undefined, password: Buffer | undefined): Promise<void>
  maySubscribe(client: Client, subscription: Subscription): boolean
  /** Takes a message in; rejects where the connection is to end without an acknowledgement. */
  receive(client: Client, packet: PublishPacket): Promise<void>
}

const connectTimeoutMs = 10_000
/** What a chunk may hold behind a CONNECT, which need not be answered before the rest is sent. */
const maxBeforeAnswer = 4_096

/** aedes for the protocol alone: it keeps nothing, and hands nothing from one device to another. */
export function createBroker({ onConnect, authenticate, maySubscribe, receive }: Hooks): Promise<Aedes> {
  return Aedes.createBroker({
    connectTimeout: connectTimeoutMs,
    maxClientsIdLength: 36,
    maxTopicLevels,
    queueLimit: maxBeforeAnswer,
    // An id of two bytes is all that is kept of a message of QoS 2.
    maxInflightInbound: 0,
    persistence: new NothingKept(),
    mq: nobodyListens,
    preConnect: (client, packet, done) => {
      // Sessions are always clean, a last will would be ignored, and who must wait here is not silent.
      packet.clean = true
      delete packet.will
      onConnect(client, (packet.keepalive ?? 0) * 1000)
      packet.keepalive = 0
      done(null, true)
    },
    authenticate: (client, username, password, done) => {
      authenticate(client, username, password).then(
        () => done(null, true),
        (error) => done(error, false),
      )
    },
    authorizePublish: (client, packet, done) => {
      if (!client) return done(new Error('not connected'))
      // Nothing is retained (MQTT 3.1.1 §3.3.1.3): the message itself is taken.
      packet.retain = false
      receive(client, packet).then(
        () => done(null),
        (error: Error) => done(error),
      )
    },
    authorizeSubscribe: (client, subscription, done) =>
      done(null, maySubscribe(client, subscription) ? subscription : null),
  })
}
