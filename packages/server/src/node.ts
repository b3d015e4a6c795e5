import cluster from 'node:cluster'
import type { AddressInfo } from 'node:net'
import type { Registry } from '@prometheus-io/client'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { openAccess } from './access/access.ts'
import { shareSpendings } from './access/share-spendings.ts'
import { features } from './app.ts'
import { isWakeUpgrade } from './channel/mdmesh/wake.ts'
import { createGateway } from './channel/mqtt/gateway.ts'
import { isMqttUpgrade, listenForMqtt, upgradeToMqtt } from './channel/mqtt/listen.ts'
import { noGateway } from './channel/mqtt/no-gateway.ts'
import { openReach } from './channel/reach/reach.ts'
import { openNodeLinks } from './channel/xray/node-links.ts'
import { openRelay } from './channel/xray/relay.ts'
import { type Config, rolesOf } from './config.ts'
import type { Background } from './core/background.ts'
import { governConnections } from './core/connection/govern.ts'
import { isRouteUpgrade, routeUpgrades } from './core/connection/route-upgrade.ts'
import type { Database } from './core/db/database.ts'
import { closeLanes, openLanes } from './core/db/hot.ts'
import { router } from './core/http/router.ts'
import { openHttp } from './core/http/server.ts'
import { type PeriodicJob, startPeriodicJobs } from './core/jobs/periodic.ts'
import { startQueue } from './core/jobs/queue.ts'
import { queueDepth } from './core/jobs/queue-depth.ts'
import { Traffic } from './core/jobs/traffic.ts'
import { openMailer } from './core/mail/mailer.ts'
import { noPeers, type Peers } from './core/peers/peers.ts'
import type { Sealer } from './core/sealer.ts'
import { isAnyAddress } from './core/settings/url.ts'
import { explainListen } from './core/start/listen.ts'
import type { Stages } from './core/start/stages.ts'
import { openStorage } from './core/storage/open.ts'
import { UrlSigner } from './core/storage/signed-url.ts'
import type { Storage } from './core/storage/storage.ts'
import { openTracing } from './core/tracing/open.ts'
import { shareCounted } from './core/workers/channel.ts'
import type { Counted } from './core/workers/messages.ts'
import { checkins } from './fleet/checkin/service.ts'
import { deviceCondition } from './fleet/device/filter.ts'
import { queueForMany, queueWith } from './fleet/notification/batch.ts'
import type { WakeUps } from './fleet/wake-ups.ts'
import { lagSeconds } from './outward/event/service.ts'
import { apkFinder } from './software/artifact/signed-file.ts'
import { advanceTask } from './software/deployment/advance.ts'
import { desiredStates } from './software/deployment/desired.ts'
import { isToHave } from './software/deployment/service.ts'
import { nodeWarnings } from './web/doctor/node-warnings.ts'
import { registration } from './web/node/registry.ts'

/** What a node stands on. */
export interface Ground {
  config: Config
  log: FastifyBaseLogger
  background: Background
  database: Database
  connection: pg.ClientConfig
  sealer: Sealer
  peers: Peers
  /** Ends what is opened here. */
  stages: Stages
}

export interface Node {
  url: string
  http: FastifyInstance
  storage: Storage
  /** The port of MQTT over TCP; none where that is off. */
  mqttPort: number | undefined
  /** What is looked after again and again. */
  jobs: PeriodicJob[]
  /** Begins to look after it, on a node with the role worker; for a database, any number of nodes may. */
  startJobs(): void
  /** Turns /readyz to 503, while requests are still answered; resolves once the list of nodes says so too. */
  drain(): Promise<void>
  /** Reads the certificates anew. */
  reload(): void
}

/** Puts the platform together and opens it: the one place where its parts learn of each other. */
export async function openNode({
  config,
  log,
  background,
  database,
  connection,
  sealer,
  peers,
  stages,
}: Ground): Promise<Node> {
  let url = ''
  let isDraining = false
  const publicUrl = () => config.PUBLIC_URL ?? url
  const lanes = openLanes(connection)
  stages.ground('the pipelined connections', () => closeLanes(lanes))
  const tracing = await openTracing(config)
  if (tracing) {
    background.around = tracing.job
    stages.ground('the traces', () => tracing.stop())
  }
  const roles = rolesOf(config)
  const storage = await openStorage(config, background)
  stages.ground('the storage', async () => storage.close())

  const access = openAccess({
    ...{ config, database, lanes, sealer, background, publicUrl },
    onDeviceEnded: (id, secretHash) => {
      gateway.credentialEnded(id, secretHash)
      reach?.credentialEnded(id, secretHash)
      relay.credentialEnded(id)
    },
  })
  const servesDevices = roles.includes('gateway')
  const governance = governConnections(
    config,
    log,
    (request) => isRouteUpgrade(request) || (servesDevices && (isMqttUpgrade(request) || isWakeUpgrade(request))),
  )
  const { guard, devices, limiter, deviceRate, defaultRate } = access
  const { http, metrics } = await openHttp({ config, database, background, log, governance, guard, tracing })
  access.watch(http)

  // The gateway is woken by what the reports bring, and brings reports itself.
  const wakeUps: WakeUps = {
    gateway: uuidv7(),
    queued: (what, leaving) => {
      gateway.wakeUps.queued(what, leaving)
      reach?.queued(leaving)
    },
    credentialDied: (id) => {
      devices.forget(id)
      gateway.wakeUps.credentialDied(id)
      reach?.credentialEnded(id)
    },
  }
  const traffic = new Traffic()
  const desired = desiredStates(publicUrl)
  const reports = checkins({
    ...{ db: database, wakeUps, metrics, traffic },
    checkinSeconds: config.CHECKIN_SECONDS,
    desired,
    callsFor: (deviceId) => relay.callsFor(deviceId),
  })
  const served = servesDevices
    ? await createGateway({
        ...{ id: wakeUps.gateway, db: database, checkins: reports, metrics, peers, background, log },
        ...{ findDevice: devices.find, limiter, deviceRate, unauthenticatedRate: defaultRate },
        callsFor: (deviceId) => relay.callsFor(deviceId),
      })
    : undefined
  const gateway = served ?? noGateway(database, peers, background)
  const reach = served && openReach({ id: uuidv7(), db: database, peers, background })
  const links = openNodeLinks(config, sealer)
  const relay = openRelay({
    ...{ id: wakeUps.gateway, config, db: database, links, sealer, peers, background, servesDevices },
    callDevice: gateway.callDevice,
  })

  const countedByOthers = shareMetrics(metrics.registry, stages)

  const signer = new UrlSigner(sealer)
  const mailer = openMailer(config, sealer, log, metrics)
  const parts = features({
    ...{
      config,
      log,
      background,
      database,
      lanes,
      sealer,
      storage,
      mailer,
      metrics,
      publicUrl,
      access,
      governance,
      wakeUps,
      isToHave,
    },
    countedByOthers,
    isDraining: () => isDraining,
    links: { mailer, publicUrl },
    uploads: { storage, signer, maxBytes: config.UPLOAD_MAX_BYTES, publicUrl },
    findApk: apkFinder(signer, publicUrl),
    advance: advanceTask({
      command: (tx, ...command) => queueForMany(tx, wakeUps, ...command),
      matching: deviceCondition,
    }),
    checkins: reports,
    gateway,
    reach,
    desired,
    xrayNeeds: { relay, links, sealer, guard, tickets: access.tickets, connections: governance.connections, publicUrl },
    reset: (tx, author, ids, batch) => queueWith(tx, wakeUps, author, ids, 'wipe', batch),
  })
  const routes = router(http, { db: database, sealer, guard, forgetEnded: access.forgetEnded })
  for (const part of parts) part.routes?.(routes, http)
  routes.refuseOtherMethods()
  http.addHook('onReady', async () => {
    served?.start()
    reach?.start()
    relay.start()
  })
  http.addHook('preClose', async () => {
    await Promise.all([relay.stop(), gateway.stop()])
    await reach?.stop()
  })
  if (served) upgradeToMqtt(http, served, governance)
  routeUpgrades(http)

  stages.work('HTTP', () => http.close())
  await http
    .listen({ host: config.HOST, port: config.PORT, listenTextResolver: (address) => `listening at ${address}` })
    .catch((error) => {
      throw explainListen(error, config, 'PORT')
    })
  url = addressOf(config, http.server.address() as AddressInfo)
  const mqtt = served && (await listenForMqtt(config, { gateway: served, ...governance }, log))
  if (mqtt) stages.work('MQTT', () => mqtt.close())
  const isWorker = roles.includes('worker')
  const inBackground = database.waiting(() => traffic.giveWay())
  if (isWorker) {
    const tasks = parts.flatMap((part) => part.tasks ?? [])
    const queue = await startQueue(inBackground, tasks, background)
    stages.work('the queue', () => queue.stop())
  }
  metrics.watchSharedQueue('jobs', () => queueDepth(database))

  const registered = registration({
    ...{ id: wakeUps.gateway, db: database, background, roles },
    connections: () => governance.connections.size,
    lagSeconds: () => lagSeconds(database),
    warnings: () => nodeWarnings({ config, database }),
  })
  if (peers !== noPeers) {
    const sharing = shareSpendings(limiter, peers)
    stages.work('the shared rate limits', async () => sharing.stop())
  }
  stages.ground('the entry in the list of nodes', () => registered.leave())
  await registered.enter()

  const jobs = parts.flatMap((part) => part.jobs ?? [])
  const startJobs = () => {
    if (!isWorker) return
    const running = startPeriodicJobs(inBackground, jobs, background)
    stages.work('the periodic jobs', () => running.stop())
    for (const { work } of parts) {
      const working = work?.start()
      if (work && working) stages.work(work.name, () => working.stop())
    }
  }
  const drain = () => {
    isDraining = true
    return registered.drain()
  }
  return {
    url,
    http,
    storage,
    mqttPort: mqtt?.port,
    jobs,
    startJobs,
    drain,
    reload: () => governance.certificates.reload(),
  }
}

/** Adds the metrics of the workers of a machine up. @returns what the others have counted. */
function shareMetrics(registry: Registry, stages: Stages): () => Promise<Counted> {
  if (!cluster.isWorker) return async () => []
  const counted = shareCounted(registry)
  stages.work('the shared metrics', async () => counted.stop())
  return counted.others
}

function addressOf(config: Config, { address, port, family }: AddressInfo): string {
  const scheme = config.TLS_CERT ? 'https' : 'http'
  if (isAnyAddress(address)) return `${scheme}://localhost:${port}`
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
