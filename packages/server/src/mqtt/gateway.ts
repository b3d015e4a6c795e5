import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkin as checkinRoute } from '@mason/contract/checkin'
import type { DesiredState } from '@mason/contract/deployment'
import { Outcome } from '@mason/contract/notification'
import { Aedes, type AuthenticateError, type Client, type PublishPacket, type Subscription } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { DeviceLookup, VerifiedDevice } from '../checkin/credentials.ts'
import type { Checkins } from '../checkin/service.ts'
import type { Db } from '../db/database.ts'
import { parseJson } from '../http/body.ts'
import type { Rate, RateLimiter } from '../http/rate-limit.ts'
import { bodyReader } from '../http/validation.ts'
import { findGateways } from '../notification/delivery.ts'
import type { Nudge } from '../nudge.ts'
import { type Connected, dispatch } from './dispatch.ts'
import { limitPacketSize } from './packet-guard.ts'
import { type Change, presence, renew } from './presence.ts'

interface Options {
  id: string
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
  nudge: Pick<Nudge, 'queued' | 'credentialDied'>
  /** Takes a connection over, from TCP or from a WebSocket, and says when a device has shown who it is. */
  accept(connection: Duplex, address: string, admitted?: () => void): void
  start(): void
  stop(): Promise<void>
}

const packetLimit = 2 ** 20
const lookEveryMs = 1_000
const repeatEveryMs = 10_000
const renewEveryMs = 5_000
const reconcileEveryMs = 30_000
const retryMs = 1_000
/** A device that has not subscribed by then is noted as connected; most do at once, and one write says both. */
const subscribeWithinMs = 1_000
/** How long the last acknowledgement of a device may take to leave before its connection is cut. */
const farewellMs = 1_000
const readCheckin = bodyReader(checkinRoute.schema.body)
const readOutcome = bodyReader(Outcome)

/** The MQTT 3.1.1 side of the device channel: aedes speaks the protocol, this decides who may say what. */
export async function createGateway({
  id,
  db,
  findDevice,
  checkins,
  limiter,
  deviceRate,
  strangerRate,
  log,
}: Options): Promise<Gateway> {
  const here = presence(db, id)
  const connected = new Map<string, Connected>()
  const stopping = new AbortController()
  const isStopping = () => stopping.signal.aborted
  const { publish, welcome, look, repeat, reconcile } = dispatch({ db, gateway: id, connected, end, isStopping })

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
    connected.set(device.id, { client, device, isSubscribed: false, readsDeployments: false, isNoted: false })
    admissions.get(client.conn)?.()
  }

  const current = (client: Client | null): Connected | undefined => {
    const known = client ? connected.get(client.id) : undefined
    return known?.client === client ? known : undefined
  }

  function refusal(client: Client, { topic }: Subscription): Error | null {
    if (topic === notificationsOf(client.id) || topic === deploymentsOf(client.id)) return null
    log.warn({ device: client.id, topic }, 'MQTT subscription refused: a device reads only what is for itself')
    return new Error('a device reads only what is for itself')
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
    if (kind === 'checkin' && notification === undefined) {
      const { deployments } = await checkins.accept(device, readCheckin(body), { isConnected: true })
      if (deployments) publishDeployments(device.id, deployments)
    } else if (kind === 'notifications' && notification !== undefined) {
      const outcome = { id: notification, ...readOutcome(body) }
      await checkins.report(device, [outcome])
    } else throw new Error('there is no such topic')
  }

  /** What the answer of a check-in says over HTTP; lost on the way, it comes again with the next one. */
  function publishDeployments(deviceId: string, desired: DesiredState): void {
    const known = connected.get(deviceId)
    if (!known?.readsDeployments) return
    const payload = JSON.stringify(desired)
    known.client.publish(
      { cmd: 'publish', topic: deploymentsOf(deviceId), payload, qos: 1, retain: false, dup: false },
      () => {},
    )
  }

  const pending = new Set<Promise<void>>()
  /** Sees work through that nobody waits for but the end of the gateway. */
  function run(work: Promise<unknown>): void {
    const done = work.then(() => {}, logFailure).finally(() => pending.delete(done))
    pending.add(done)
  }

  /** Repeats what the database did not take, until it does or nobody wants it any more. */
  async function persist(write: () => Promise<unknown>, isWanted: () => boolean): Promise<void> {
    for (; isWanted(); await sleep(retryMs, undefined, { signal: stopping.signal })) {
      try {
        await write()
        return
      } catch (error) {
        logFailure(error)
      }
    }
  }

  let logged: unknown
  /** A batch fails with one error for all of its devices: that is one line. */
  const logFailure = (error: unknown) => {
    if (isStopping() || error === logged) return
    logged = error
    log.error({ err: error }, 'the device channel could not write; it tries again')
  }

  const note = (device: VerifiedDevice, change: Change, isWanted: () => boolean) =>
    run(persist(() => here.note(device, change), isWanted))
  const isHere = (known: Connected) => connected.get(known.device.id) === known

  broker.on('clientReady', (client) => {
    const known = current(client)
    if (!known) return
    const noteConnection = () => {
      if (!known.isSubscribed) note(known.device, 'connected', () => isHere(known))
    }
    setTimeout(noteConnection, subscribeWithinMs).unref()
  })
  broker.on('subscribe', (subscriptions, client) => {
    const known = current(client)
    if (!known) return
    known.readsDeployments ||= subscriptions.some(({ topic }) => topic === deploymentsOf(client.id))
    if (known.isSubscribed || !subscriptions.some(({ topic }) => topic === notificationsOf(client.id))) return
    known.isSubscribed = true
    const greet = async () => {
      await here.note(known.device, 'subscribed')
      known.isNoted = true
      await welcome(known.device)
    }
    run(persist(greet, () => isHere(known)))
  })
  broker.on('clientDisconnect', (client) => {
    const known = current(client)
    if (!known) return
    connected.delete(client.id)
    if (isStopping()) return
    const change: Change = (client as unknown as { _disconnected: boolean })._disconnected ? 'goodbye' : 'lost'
    // A device that has come back meanwhile says so itself.
    note(known.device, change, () => !connected.has(client.id))
  })
  broker.on('clientError', (client, error) =>
    log.info({ device: client.id, reason: error.message }, 'MQTT connection broke'),
  )
  broker.on('keepaliveTimeout', (client) => log.info({ device: client.id }, 'MQTT connection went silent'))

  /** Lets what was written reach the device, then ends its connection. */
  function end(deviceId: string): void {
    const known = connected.get(deviceId)
    if (!known) return
    setImmediate(() => (known.client.conn as Duplex).end())
    setTimeout(() => known.client.close(), farewellMs).unref()
  }

  const timers: NodeJS.Timeout[] = []
  const every = (ms: number, work: () => Promise<unknown>) => timers.push(setInterval(() => run(work()), ms).unref())

  return {
    nudge: {
      queued: (what, sent) => {
        run(publish(sent))
        run(look())
        run(findGateways(db, what).then(look))
      },
      credentialDied: (deviceId) => end(deviceId),
    },
    accept: (connection, address, admitted) => {
      addresses.set(connection, address)
      if (admitted) admissions.set(connection, admitted)
      const client = broker.handle(connection as never)
      limitPacketSize(client, connection, packetLimit, (reason) => {
        log.warn({ device: client.id, address, reason }, 'MQTT connection ended')
        connection.destroy()
      })
    },
    start: () => {
      run(renew(db, id))
      every(renewEveryMs, () => renew(db, id))
      every(lookEveryMs, look)
      every(reconcileEveryMs, reconcile)
      every(repeatEveryMs, repeat)
    },
    stop: async () => {
      stopping.abort()
      for (const timer of timers) clearInterval(timer)
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

const notificationsOf = (deviceId: string) => `devices/${deviceId}/notifications`
const deploymentsOf = (deviceId: string) => `devices/${deviceId}/deployments`

const addresses = new WeakMap<object, string>()
const admissions = new WeakMap<object, () => void>()
const addressOf = (client: Client) => addresses.get(client.conn) ?? 'unknown'
