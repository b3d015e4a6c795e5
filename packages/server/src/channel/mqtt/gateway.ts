import type { Duplex } from 'node:stream'
import type { XrayCall } from '@mason/contract/xray'
import type { FastifyBaseLogger } from 'fastify'
import type { DeviceLookup } from '../../access/credential/device-credentials.ts'
import type { Rate, RateLimiter } from '../../access/rate-limit.ts'
import type { Background, Repeated } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Peers } from '../../core/peers/peers.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import { doorkeeper } from './admit.ts'
import { createBroker } from './broker.ts'
import { ConnectedDevices } from './connected-devices.ts'
import { dispatch } from './dispatch.ts'
import { presence, renew } from './presence.ts'
import { receiver } from './receive.ts'
import { tellGateways } from './tell-gateways.ts'
import { visits } from './visits.ts'
import { Work } from './work.ts'

interface Options {
  id: string
  db: Db
  findDevice: DeviceLookup
  checkins: Checkins
  limiter: RateLimiter
  deviceRate: Rate
  /** For those who fail to authenticate, by address. */
  unauthenticatedRate: Rate
  metrics: Pick<Metrics, 'watchQueue'>
  peers: Peers
  background: Background
  /** Who waits for a device over X-Ray. */
  callsFor(deviceId: string): XrayCall[]
  log: FastifyBaseLogger
}

export interface Gateway {
  wakeUps: Pick<WakeUps, 'queued' | 'credentialDied'>
  /** A secret has ended, here or elsewhere: connections that were made with it end. */
  credentialEnded(deviceId: string, secretHash: string): void
  /** Takes a connection over, from TCP or from a WebSocket, and says when a device has shown who it is. */
  accept(connection: Duplex, address: string, admitted?: () => void): void
  /** Tells a device that is connected here that somebody waits for it over X-Ray. */
  callDevice(deviceId: string, call: XrayCall): void
  /** How many devices are connected here. */
  connections(): number
  start(): void
  stop(): Promise<void>
}

const lookEveryMs = 1_000
/** Where the nodes that queue for devices here say so. */
const lookRarelyMs = 5_000
const repeatEveryMs = 10_000
const renewEveryMs = 5_000
const reconcileEveryMs = 30_000
const keepAliveEveryMs = 500

/** The MQTT 3.1.1 side of the device channel: aedes speaks the protocol, this decides who may say what, and when. */
export async function createGateway({ id, db, findDevice, checkins, ...options }: Options): Promise<Gateway> {
  const { limiter, deviceRate, unauthenticatedRate, metrics, peers, background, callsFor, log } = options
  const commands = background.loop('mqtt-commands')
  const work = new Work()
  const isStopping = () => work.isStopping
  const devices = new ConnectedDevices(log)
  const end = (deviceId: string) => devices.end(deviceId)
  const { publish, welcome, look, repeat, reconcile } = dispatch({
    ...{ db, gateway: id, connected: devices.byId, end, isStopping },
  })
  const { ready, maySubscribe, subscribed, publishDeployments, publishWithdrawn, callDevice, left } = visits({
    ...{ devices, work, welcome, callsFor, log },
    presence: presence(db, id),
    writes: background.loop('mqtt-presence'),
  })
  const admit = doorkeeper({ findDevice, limiter, unauthenticatedRate, metrics, log })
  const receive = receiver({
    ...{ checkins, limiter, deviceRate, log, isStopping, publishDeployments, publishWithdrawn },
    pause: (ms) => work.pause(ms),
    writes: background.loop('mqtt-messages'),
    onAnswered: ({ device }) => work.run(commands, () => welcome(device)),
  })

  const broker = await createBroker({
    onConnect: (client, keepAliveMs) => {
      devices.intakeOf(client).keepAliveMs = keepAliveMs
    },
    authenticate: async (client, username, password) => {
      const device = await admit(client, devices.intakeOf(client).address, username, password)
      // Known before the broker closes an older connection, so that a device that takes over is never gone in between.
      if (!client.closed) devices.admit(client, device)
    },
    maySubscribe,
    receive: async (client, packet) => {
      const known = devices.current(client)
      if (!known) throw new Error('not connected')
      known.intake.begin()
      await work.track(receive(known, packet)).finally(() => known.intake.end())
    },
  })
  broker.on('clientReady', ready)
  broker.on('subscribe', subscribed)
  broker.on('clientDisconnect', left)
  broker.on('clientError', (client, error) =>
    log.info({ device: client.id, reason: error.message }, 'MQTT connection broke'),
  )

  let timer: NodeJS.Timeout | undefined
  const repeated: Repeated[] = []
  let lookedAt = 0
  const lookByItself = async () => {
    if (peers.isWhole && performance.now() - lookedAt < lookRarelyMs) return
    lookedAt = performance.now()
    await look()
  }
  peers.hear((message) => {
    if (message.kind === 'queued' && message.gateways.includes(id)) work.run(commands, look)
  })

  return {
    wakeUps: {
      queued: (what, leaving) => {
        work.run(commands, () => publish(leaving.sent))
        work.run(commands, look)
        work.run(commands, () => tellGateways(db, peers, what, leaving).then(look))
      },
      credentialDied: end,
    },
    credentialEnded: (deviceId, secretHash) => {
      if (devices.byId.get(deviceId)?.device.secretHash === secretHash) end(deviceId)
    },
    accept: (connection, address, admitted) => {
      const client = broker.handle(connection as never)
      devices.read(client, connection, address, admitted)
      // One that ends while it is let in is not told of by aedes.
      connection.once('close', () => left(client))
    },
    callDevice,
    connections: () => devices.byId.size,
    start: () => {
      timer = setInterval(() => devices.keepAlive(), keepAliveEveryMs).unref()
      const renewal = background.every('mqtt-renew', renewEveryMs, () => renew(db, id))
      void renewal.turn()
      repeated.push(
        renewal,
        background.every('mqtt-look', lookEveryMs, lookByItself),
        background.every('mqtt-reconcile', reconcileEveryMs, reconcile),
        background.every('mqtt-repeat', repeatEveryMs, repeat),
      )
    },
    stop: async () => {
      work.stop()
      clearInterval(timer)
      await Promise.all(repeated.map((one) => one.stop()))
      // What is being committed is acknowledged.
      await work.settled()
      await new Promise<void>((resolve) => broker.close(() => resolve()))
    },
  }
}
