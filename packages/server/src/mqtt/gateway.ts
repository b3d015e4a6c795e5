import type { Duplex } from 'node:stream'
import { checkin as checkinRoute } from '@mason/contract/checkin'
import { Outcome } from '@mason/contract/notification'
import { Aedes, type AuthenticateError, type Client, type PublishPacket, type Subscription } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { coalescer } from '../checkin/coalescer.ts'
import type { DeviceLookup, VerifiedDevice } from '../checkin/credentials.ts'
import type { Checkins } from '../checkin/service.ts'
import type { Db } from '../db/database.ts'
import { parseJson } from '../http/body.ts'
import type { Rate, RateLimiter } from '../http/rate-limit.ts'
import { bodyReader } from '../http/validation.ts'
import { type Delivery, findGateways, sendAgain, sendMissed, sendQueued, sendTo } from '../notification/delivery.ts'
import type { Nudge } from '../nudge.ts'
import { limitPacketSize } from './packet-guard.ts'
import { findStrangers, presence, renew } from './presence.ts'

interface Options {
  db: Db
  findDevice: DeviceLookup
  checkins: Checkins
  limiter: RateLimiter
  deviceRate: Rate
  /** For those who fail to authenticate, by address. */
  strangerRate: Rate
  log: FastifyBaseLogger
}

export interface Gateway {
  nudge: Nudge
  /** Takes a connection over, from TCP or from a WebSocket. */
  accept(connection: Duplex, address: string): void
  start(): void
  stop(): Promise<void>
}

const packetLimit = 2 ** 20
const lookEveryMs = 1_000
const repeatEveryMs = 10_000
const renewEveryMs = 5_000
const reconcileEveryMs = 30_000
const reconcileChunk = 1_000
/** How long the last acknowledgement of a device may take to leave before its connection is cut. */
const farewellMs = 1_000
/** A device that reads this far behind gets nothing new before it has caught up: it is repeated later. */
const backlogBytes = 256 * 1024

interface Connected {
  client: Client
  device: VerifiedDevice
  isSubscribed: boolean
  /** Whether the table says that it is connected here. */
  isNoted: boolean
}

const readCheckin = bodyReader(checkinRoute.schema.body)
const readOutcome = bodyReader(Outcome)

/** The MQTT 3.1.1 side of the device channel: aedes speaks the protocol, this decides who may say what. */
export async function createGateway({
  db,
  findDevice,
  checkins,
  limiter,
  deviceRate,
  strangerRate,
  log,
}: Options): Promise<Gateway> {
  const id = uuidv7()
  const here = presence(db, id)
  const connected = new Map<string, Connected>()
  let isStopping = false

  const broker = await Aedes.createBroker({
    concurrency: 1_000,
    connectTimeout: 10_000,
    maxClientsIdLength: 36,
    maxTopicLevels: 4,
    // A session is kept in the tables, not in the broker.
    authenticate: (client, username, password, done) => {
      client.clean = true
      authenticate(client, username, password).then(
        () => done(null, true),
        (error) => done(error, false),
      )
    },
    authorizePublish: (client, packet, done) => {
      receive(client, packet).then(
        () => done(null),
        (error: Error) => done(error),
      )
    },
    authorizeSubscribe: (client, subscription, done) => done(refusal(client, subscription), subscription),
  })

  async function authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<void> {
    const address = addressOf(client)
    const refuse = (returnCode: number, reason: string) => {
      log.warn({ device: client.id, address, reason }, 'MQTT connection refused')
      return Object.assign(new Error(reason), { returnCode }) as AuthenticateError
    }
    if (username !== client.id) throw refuse(2, 'client id and user name differ')
    const device = await Promise.resolve(findDevice(client.id, password?.toString('utf8') ?? '')).catch(() => {
      throw refuse(3, 'the database is away')
    })
    if (!device || device.id !== client.id) {
      const { isAllowed } = limiter.take(`address:${address}`, strangerRate)
      throw refuse(isAllowed ? 4 : 3, 'unknown credential')
    }
    // Known before the broker closes an older connection, so that a device that takes over is never gone in between.
    connected.set(device.id, { client, device, isSubscribed: false, isNoted: false })
  }

  const current = (client: Client | null): Connected | undefined => {
    const known = client ? connected.get(client.id) : undefined
    return known?.client === client ? known : undefined
  }

  function refusal(client: Client, { topic }: Subscription): Error | null {
    if (topic === `devices/${client.id}/notifications`) return null
    log.warn({ device: client.id, topic }, 'MQTT subscription refused: a device reads only its own notifications')
    return new Error('a device reads only its own notifications')
  }

  /** What a device says; what it may not say ends its connection, with the reason in the log. */
  async function receive(client: Client | null, packet: PublishPacket): Promise<void> {
    const sender = current(client)
    // A connection that is over speaks only through its last will: presence says the same already.
    if (!sender || sender.client.closed) throw new Error('not connected')
    try {
      await handle(sender.device, packet)
    } catch (error) {
      log.warn(
        { device: sender.device.id, topic: packet.topic, reason: (error as Error).message },
        'MQTT connection ended',
      )
      throw error
    }
  }

  async function handle(device: VerifiedDevice, { topic, payload }: PublishPacket): Promise<void> {
    const [root, owner, kind, notification, ...rest] = topic.split('/')
    if (root !== 'devices' || owner !== device.id || rest.length > 0)
      throw new Error('a device writes only below its own id')
    if (!limiter.take(device.id, deviceRate).isAllowed) throw new Error('too many messages')
    const body = parseJson(Buffer.from(payload))
    if (kind === 'checkin' && notification === undefined)
      await checkins.accept(device, readCheckin(body), { isConnected: true })
    else if (kind === 'notifications' && notification !== undefined) {
      const outcome = { id: notification, ...readOutcome(body) }
      await checkins.report(device, [outcome])
    } else throw new Error('there is no such topic')
  }

  broker.on('clientReady', (client) => {
    const known = current(client)
    if (known) here.note(known.device, 'connected').catch(logFailure)
  })
  broker.on('subscribe', (_subscriptions, client) => {
    const known = current(client)
    if (!known || known.isSubscribed) return
    known.isSubscribed = true
    here
      .note(known.device, 'subscribed')
      .then(() => {
        known.isNoted = true
        return welcome(known.device)
      })
      .catch(logFailure)
  })
  broker.on('clientDisconnect', (client) => {
    const known = current(client)
    if (!known) return
    connected.delete(client.id)
    const isGoodbye = (client as unknown as { _disconnected: boolean })._disconnected
    if (!isStopping) here.note(known.device, isGoodbye ? 'goodbye' : 'lost').catch(logFailure)
  })
  broker.on('clientError', (client, error) =>
    log.info({ device: client.id, reason: error.message }, 'MQTT connection broke'),
  )
  broker.on('keepaliveTimeout', (client) => log.info({ device: client.id }, 'MQTT connection went silent'))
  const logFailure = (error: Error) => {
    if (!isStopping) log.error({ err: error }, 'the device channel could not write; it tries again')
  }

  function publish(deliveries: Delivery[]): void {
    for (const { deviceId, command } of deliveries) {
      const known = connected.get(deviceId)
      if (!known?.isSubscribed || (known.client.conn as Duplex).writableLength > backlogBytes) continue
      known.client.publish(
        {
          cmd: 'publish',
          topic: `devices/${deviceId}/notifications`,
          payload: command,
          qos: 1,
          retain: false,
          dup: false,
        },
        () => {},
      )
    }
  }

  /** Sends devices that have just come what waits for them; those that come together share a statement. */
  const welcome = coalescer<VerifiedDevice, void>({
    run: async (devices) => {
      publish(await sendTo(db, devices, id))
      return []
    },
    nameOf: (device) => device.id,
    maxBatch: 500,
    lanes: 1,
  })

  let isLooking = false
  let isNudged = false
  /** Sends what is queued until there is nothing left. */
  async function look(): Promise<void> {
    isNudged = true
    if (isLooking) return
    isLooking = true
    try {
      while (isNudged && !isStopping) {
        isNudged = false
        const deliveries = await sendQueued(db, id)
        publish(deliveries)
        if (deliveries.length > 0) isNudged = true
      }
    } catch (error) {
      logFailure(error as Error)
    } finally {
      isLooking = false
    }
  }

  /** For what a crash elsewhere left without the stamp of this gateway, and for devices that are connected elsewhere by now. */
  async function reconcile(): Promise<void> {
    const all = [...connected.values()].filter(({ isNoted }) => isNoted).map(({ device }) => device)
    for (let start = 0; start < all.length && !isStopping; start += reconcileChunk) {
      const devices = all.slice(start, start + reconcileChunk)
      for (const deviceId of await findStrangers(db, devices, id)) end(deviceId)
      publish(await sendMissed(db, devices, id))
    }
  }

  /** Lets what was written reach the device, then ends its connection. */
  function end(deviceId: string): void {
    const known = connected.get(deviceId)
    if (!known) return
    setImmediate(() => (known.client.conn as Duplex).end())
    setTimeout(() => known.client.close(), farewellMs).unref()
  }

  const timers: NodeJS.Timeout[] = []
  const every = (ms: number, work: () => Promise<unknown>) =>
    timers.push(setInterval(() => work().catch(logFailure), ms).unref())

  return {
    nudge: {
      queued: (what) => {
        look()
        findGateways(db, what).then(look, logFailure)
      },
      credentialDied: (deviceId) => end(deviceId),
    },
    accept: (connection, address) => {
      addresses.set(connection, address)
      const client = broker.handle(connection as never)
      limitPacketSize(client, connection, packetLimit, (reason) => {
        log.warn({ device: client.id, address, reason }, 'MQTT connection ended')
        connection.destroy()
      })
    },
    start: () => {
      renew(db, id).catch(logFailure)
      every(renewEveryMs, () => renew(db, id))
      every(lookEveryMs, look)
      every(reconcileEveryMs, reconcile)
      every(repeatEveryMs, async () => publish(await sendAgain(db, id)))
    },
    stop: async () => {
      isStopping = true
      for (const timer of timers) clearInterval(timer)
      await new Promise<void>((resolve) => broker.close(() => resolve()))
    },
  }
}

const addresses = new WeakMap<object, string>()
const addressOf = (client: Client) => addresses.get(client.conn) ?? 'unknown'
