import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DesiredState } from '@mason/contract/deployment'
import type { Client, Subscription } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { Background, Loop, Repeated } from '../background.ts'
import type { DeviceLookup } from '../checkin/credentials.ts'
import type { Checkins } from '../checkin/service.ts'
import type { Db } from '../db/database.ts'
import type { Rate, RateLimiter } from '../http/rate-limit.ts'
import { findGateways } from '../notification/delivery.ts'
import type { Nudge } from '../nudge.ts'
import { doorkeeper } from './admit.ts'
import { saidGoodbye } from './aedes-internals.ts'
import { createBroker } from './broker.ts'
import { type Connected, connection } from './connected.ts'
import { dispatch } from './dispatch.ts'
import { Intake } from './intake.ts'
import { type Change, presence, renew } from './presence.ts'
import { receiver } from './receive.ts'

interface Options {
  id: string
  db: Db
  findDevice: DeviceLookup
  checkins: Checkins
  limiter: RateLimiter
  deviceRate: Rate
  /** For those who fail to authenticate, by address. */
  strangerRate: Rate
  background: Background
  log: FastifyBaseLogger
}

export interface Gateway {
  nudge: Pick<Nudge, 'queued' | 'credentialDied'>
  /** A secret has ended, here or elsewhere: connections that were made with it end. */
  credentialEnded(deviceId: string, secretHash: string): void
  /** Takes a connection over, from TCP or from a WebSocket, and says when a device has shown who it is. */
  accept(connection: Duplex, address: string, admitted?: () => void): void
  start(): void
  stop(): Promise<void>
}

const lookEveryMs = 1_000
const repeatEveryMs = 10_000
const renewEveryMs = 5_000
const reconcileEveryMs = 30_000
const keepAliveEveryMs = 500
const retryMs = 1_000
/** A device that has not subscribed by then is noted as connected; most do at once, and one write says both. */
const subscribeWithinMs = 1_000
/** How long the last acknowledgement of a device may take to leave before its connection is cut. */
const farewellMs = 1_000

/** The MQTT 3.1.1 side of the device channel: aedes speaks the protocol, this decides who may say what, and when. */
export async function createGateway({ id, db, findDevice, checkins, ...options }: Options): Promise<Gateway> {
  const { limiter, deviceRate, strangerRate, background, log } = options
  const here = presence(db, id)
  const connected = new Map<string, Connected>()
  const intakes = new WeakMap<Client, Intake>()
  const stopping = new AbortController()
  const isStopping = () => stopping.signal.aborted
  const { publish, welcome, look, repeat, reconcile } = dispatch({ db, gateway: id, connected, end, isStopping })
  const admit = doorkeeper({ findDevice, limiter, strangerRate, log })
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
  const receive = receiver({
    checkins,
    limiter,
    deviceRate,
    log,
    pause,
    isStopping,
    writes: background.loop('mqtt-messages'),
    publishDeployments,
    onAnswered: ({ device }) => run(commands, () => welcome(device)),
  })

  const commands = background.loop('mqtt-commands')
  const presences = background.loop('mqtt-presence')

  const intakeOf = (client: Client): Intake => {
    const intake = intakes.get(client)
    if (!intake) throw new Error('aedes knows a connection that was not accepted')
    return intake
  }
  const current = (client: Client): Connected | undefined => {
    const known = connected.get(client.id)
    return known?.client === client ? known : undefined
  }

  const broker = await createBroker({
    onConnect: (client, keepAliveMs) => {
      intakeOf(client).keepAliveMs = keepAliveMs
    },
    authenticate: async (client, username, password) => {
      const intake = intakeOf(client)
      const device = await admit(client, intake.address, username, password)
      // Known before the broker closes an older connection, so that a device that takes over is never gone in between.
      if (client.closed) return
      connected.set(device.id, connection(client, device, intake))
      intake.admitted?.()
    },
    maySubscribe,
    receive: async (client, packet) => {
      const known = current(client)
      if (!known) throw new Error('not connected')
      known.intake.begin()
      await track(receive(known, packet)).finally(() => known.intake.end())
    },
  })

  function maySubscribe(client: Client, { topic }: Subscription): boolean {
    if (topic === notificationsOf(client.id) || topic === deploymentsOf(client.id)) return true
    const known = current(client)
    const complaint = 'MQTT subscription refused: a device reads only what is for itself'
    if (known && known.complaint !== complaint)
      log.warn({ device: client.id, topic: topic.slice(0, shownCharacters) }, complaint)
    if (known) known.complaint = complaint
    return false
  }

  /** What the answer of a check-in says over HTTP; lost on the way, it comes again with the next one. */
  function publishDeployments({ client, readsDeployments }: Connected, desired: DesiredState): void {
    if (!readsDeployments) return
    const payload = JSON.stringify(desired)
    client.publish(
      { cmd: 'publish', topic: deploymentsOf(client.id), payload, qos: 1, retain: false, dup: false },
      () => {},
    )
  }

  const pending = new Set<Promise<unknown>>()
  /** The end of the gateway waits for this. */
  function track<T>(work: Promise<T>): Promise<T> {
    pending.add(work)
    const forget = () => pending.delete(work)
    work.then(forget, forget)
    return work
  }
  /** Sees work through that nobody waits for but the end of the gateway. */
  const run = (loop: Loop, work: () => Promise<unknown>) => void track(loop.run(work))

  /** Repeats what the database did not take, until it does or nobody wants it any more. */
  async function persist(write: () => Promise<unknown>, isWanted: () => boolean): Promise<void> {
    for (; isWanted(); await pause(retryMs)) {
      try {
        await write()
        presences.succeeded()
        return
      } catch (error) {
        if (isStopping()) return
        presences.failed(error)
      }
    }
  }

  const note = ({ device }: Connected, change: Change, isWanted: () => boolean) =>
    void track(persist(() => here.note(device, change), isWanted))
  const isHere = (known: Connected) => connected.get(known.device.id) === known

  broker.on('clientReady', (client) => {
    const known = current(client)
    if (!known) return
    const noteConnection = () => {
      if (!known.isSubscribed) note(known, 'connected', () => isHere(known))
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
    void track(persist(greet, () => isHere(known)))
  })
  function left(client: Client): void {
    const known = current(client)
    if (!known) return
    connected.delete(client.id)
    if (isStopping()) return
    // A device that has come back meanwhile says so itself.
    note(known, saidGoodbye(client) ? 'goodbye' : 'lost', () => !connected.has(client.id))
  }
  broker.on('clientDisconnect', left)
  broker.on('clientError', (client, error) =>
    log.info({ device: client.id, reason: error.message }, 'MQTT connection broke'),
  )

  /** Lets what was written reach the device, then ends its connection. */
  function end(deviceId: string): void {
    const known = connected.get(deviceId)
    if (!known || known.isEnding) return
    known.isEnding = true
    setImmediate(() => (known.client.conn as Duplex).end())
    setTimeout(() => known.client.close(), farewellMs).unref()
  }

  function keepAlive(): void {
    const now = performance.now()
    for (const { client, intake } of connected.values()) {
      intake.reassure(now)
      if (!intake.isSilent(now)) continue
      log.info({ device: client.id }, 'MQTT connection went silent')
      client.close()
    }
  }

  let timer: NodeJS.Timeout | undefined
  const repeated: Repeated[] = []

  return {
    nudge: {
      queued: (what, sent) => {
        run(commands, () => publish(sent))
        run(commands, look)
        run(commands, () => findGateways(db, what).then(look))
      },
      credentialDied: (deviceId) => end(deviceId),
    },
    credentialEnded: (deviceId, secretHash) => {
      if (connected.get(deviceId)?.device.secretHash === secretHash) end(deviceId)
    },
    accept: (connection, address, admitted) => {
      const client = broker.handle(connection as never)
      const refuse = (reason: string) => {
        log.warn({ device: client.id, address, reason }, 'MQTT connection ended')
        connection.destroy()
      }
      intakes.set(client, new Intake(client, connection, { address, admitted, refuse }))
      // One that ends while it is let in is not told of by aedes.
      connection.once('close', () => left(client))
    },
    start: () => {
      timer = setInterval(keepAlive, keepAliveEveryMs).unref()
      const renewal = background.every('mqtt-renew', renewEveryMs, () => renew(db, id))
      renewal.turn()
      repeated.push(
        renewal,
        background.every('mqtt-look', lookEveryMs, look),
        background.every('mqtt-reconcile', reconcileEveryMs, reconcile),
        background.every('mqtt-repeat', repeatEveryMs, repeat),
      )
    },
    stop: async () => {
      stopping.abort()
      clearInterval(timer)
      await Promise.all(repeated.map((work) => work.stop()))
      // What is being committed is acknowledged.
      while (pending.size > 0) await Promise.allSettled(pending)
      await new Promise<void>((resolve) => broker.close(() => resolve()))
    },
  }
}

const shownCharacters = 100
const notificationsOf = (deviceId: string) => `devices/${deviceId}/notifications`
const deploymentsOf = (deviceId: string) => `devices/${deviceId}/deployments`
