import { randomBytes } from 'node:crypto'
import path from 'node:path'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { KeyCache } from './apikey/key-cache.ts'
import { apiKeyRoutes } from './apikey/routes.ts'
import { artifactRoutes } from './artifact/routes.ts'
import { openCookies } from './auth/cookies.ts'
import { oidcRoutes } from './auth/oidc.ts'
import { forgottenPasswords } from './auth/password.ts'
import { People } from './auth/people.ts'
import { authRoutes } from './auth/routes.ts'
import type { Background } from './background.ts'
import { deviceCredentials } from './checkin/credentials.ts'
import { checkinRoutes } from './checkin/routes.ts'
import { checkins } from './checkin/service.ts'
import type { Config } from './config.ts'
import { governConnections, watchRequests } from './connection/govern.ts'
import { refuseBroken } from './connection/refuse.ts'
import { readConsole } from './console/files.ts'
import { consoleRoutes } from './console/routes.ts'
import { LastUsed } from './credential/last-used.ts'
import { LiveCache } from './credential/live-cache.ts'
import type { Database } from './db/database.ts'
import type { Lanes } from './db/hot.ts'
import { advanceTask, watchDeployments } from './deployment/advance.ts'
import { desiredStates } from './deployment/desired.ts'
import { deploymentRoutes } from './deployment/routes.ts'
import { deviceRoutes } from './device/routes.ts'
import { enrollmentRoutes } from './enrollment/routes.ts'
import { eventRoutes } from './event/routes.ts'
import { EventStreams } from './event/stream.ts'
import { exportRoutes } from './export/routes.ts'
import { exportTask } from './export/task.ts'
import { groupRoutes } from './group/routes.ts'
import { authenticator } from './http/authenticate.ts'
import { parseBodies } from './http/body.ts'
import { compressAnswers } from './http/compress.ts'
import { allowOrigins } from './http/cors.ts'
import { answerErrors, sendError, toAppError } from './http/errors.ts'
import { headersOfAll } from './http/headers.ts'
import { measure } from './http/metrics.ts'
import { describeApi } from './http/openapi.ts'
import { RateLimiter } from './http/rate-limit.ts'
import './http/request.ts'
import { router } from './http/router.ts'
import type { PeriodicJob } from './jobs/periodic.ts'
import type { Task } from './jobs/queue.ts'
import { openMailer } from './mail/mailer.ts'
import { createGateway } from './mqtt/gateway.ts'
import { type Channel, isMqttUpgrade, upgradeToMqtt } from './mqtt/listen.ts'
import { notificationRoutes } from './notification/routes.ts'
import type { Nudge } from './nudge.ts'
import { oauthRoutes } from './oauth/routes.ts'
import { SigningKeys } from './oauth/signing-keys.ts'
import { Tokens } from './oauth/tokens.ts'
import { officialCliLinks } from './official-cli/links.ts'
import { officialCliRoutes } from './official-cli/routes.ts'
import { platformRoutes } from './platform/routes.ts'
import { buildTask } from './project/build.ts'
import { projectRoutes } from './project/routes.ts'
import type { Sealer } from './sealer.ts'
import { carryOut } from './sim/carry-out.ts'
import { simRoutes } from './sim/routes.ts'
import { UrlSigner } from './storage/signed-url.ts'
import type { Storage } from './storage/storage.ts'
import { subscriptionRoutes } from './subscription/routes.ts'
import { usageRoutes } from './usage/routes.ts'
import { userRoutes } from './user/routes.ts'
import { xrayRoutes } from './xray/routes.ts'

interface Services {
  config: Config
  database: Database
  lanes: Lanes
  sealer: Sealer
  storage: Storage
  background: Background
  log: FastifyBaseLogger
  /** How people and devices reach this server; known for sure only once it listens. */
  publicUrl: () => string
}

export interface App {
  http: FastifyInstance
  channel: Channel
  /** What is done after the change that asked for it. */
  tasks: Task<never>[]
  /** What is looked after again and again. */
  jobs: PeriodicJob[]
  /** Turns /readyz to 503, while requests are still answered. */
  drain(): void
}

/** Of whoever has not shown who they are: each of many connections may hold as much. */
const bodyLimit = 64 * 2 ** 10

/** The HTTP surface: a table of contents of the server. */
export async function buildApp(services: Services): Promise<App> {
  const { config, database, lanes, sealer, storage, background, log, publicUrl } = services
  const cache = new LiveCache(database, background)
  const keys = new KeyCache(cache, lanes.points)
  const keyUses = new LastUsed(database, 'api_key', background)
  const devices = deviceCredentials(lanes.points, cache, (id, secretHash) => gateway.credentialEnded(id, secretHash))
  const limiter = new RateLimiter()
  const defaultRate = { perSecond: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST }
  const deviceRate = { perSecond: config.DEVICE_RATE_PER_SECOND, burst: config.DEVICE_RATE_BURST }
  const people = new People(cache, lanes.points)
  const sessionUses = new LastUsed(database, 'user_session', background)
  const signing = new SigningKeys(database, sealer)
  const tokens = new Tokens(signing, keys, people, publicUrl)
  const cookies = openCookies(publicUrl)
  const guard = authenticator({
    keys,
    keyUses,
    people,
    sessionUses,
    tokens,
    cookies,
    publicUrl,
    findDevice: devices.find,
    limiter,
    defaultRate,
    deviceRate,
  })
  const governance = governConnections(config, log, isMqttUpgrade)
  const http = Fastify({
    serverFactory: governance.serverFactory,
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    trustProxy: governance.trust,
    bodyLimit,
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true },
    return503OnClosing: false,
    clientErrorHandler: refuseBroken,
    // A path that cannot be decoded is refused before any hook has run.
    frameworkErrors: (error, request, reply) => {
      headers.write(request, reply)
      guard.announceAddress(request, reply)
      return sendError(reply, toAppError(error))
    },
  }) as unknown as FastifyInstance
  const headers = headersOfAll(http, config)
  watchRequests(http, governance)
  // RFC 9110 leaves it open whether an unknown expectation is refused; Node would, without a word.
  http.server.on('checkExpectation', (request, response) => http.server.emit('request', request, response))
  await allowOrigins(http, config)
  await compressAnswers(http)
  answerErrors(http, guard)
  parseBodies(http)
  // The router reads requests by the contract; Fastify has its schemas for the description of the API alone.
  http.setValidatorCompiler(() => () => true)
  const metrics = measure(http, database, background)
  await describeApi(http)

  http.addHook('onReady', async () => {
    cache.start()
    keyUses.start()
    sessionUses.start()
  })
  http.addHook('onClose', async () => {
    await Promise.all([cache.stop(), keyUses.stop(), sessionUses.stop()])
  })

  const routes = router(http, { db: database, sealer, guard, forgetEnded: () => cache.refresh() })

  // The gateway is nudged by what the reports bring, and brings reports itself.
  const nudge: Nudge = {
    gateway: uuidv7(),
    queued: (what, sent) => gateway.nudge.queued(what, sent),
    credentialDied: (id) => {
      devices.forget(id)
      gateway.nudge.credentialDied(id)
    },
  }
  const reports = checkins({
    db: database,
    nudge,
    metrics,
    checkinSeconds: config.CHECKIN_SECONDS,
    desired: desiredStates(publicUrl),
  })
  const gateway = await createGateway({
    id: nudge.gateway,
    db: database,
    findDevice: devices.find,
    checkins: reports,
    limiter,
    deviceRate,
    strangerRate: defaultRate,
    background,
    log,
  })
  const streams = new EventStreams(database, background)
  http.addHook('onReady', async () => gateway.start())
  http.addHook('preClose', async () => {
    streams.close()
    await gateway.stop()
  })
  upgradeToMqtt(http, gateway, governance)

  let isDraining = false
  platformRoutes(routes, metrics, () => isDraining)
  apiKeyRoutes(routes)
  groupRoutes(routes)
  deviceRoutes(routes, lanes, nudge)
  notificationRoutes(routes, nudge)
  eventRoutes(routes, streams, guard)
  simRoutes(routes)
  subscriptionRoutes(routes)
  enrollmentRoutes(routes, {
    nudge,
    checkinSeconds: config.CHECKIN_SECONDS,
    mqttUrl: () => config.MQTT_PUBLIC_URL ?? `${publicUrl().replace(/^http/, 'ws')}/mqtt`,
    qr: () => ({
      serverUrl: publicUrl(),
      component: config.ANDROID_AGENT_COMPONENT,
      downloadUrl: config.ANDROID_AGENT_URL,
      checksum: config.ANDROID_AGENT_CHECKSUM,
    }),
  })
  checkinRoutes(routes, reports)
  const exporting = exportTask(storage)
  exportRoutes(routes, storage, exporting)
  usageRoutes(routes)
  const mailer = openMailer(config, sealer, log)
  const uploads = { storage, signer: new UrlSigner(sealer), maxBytes: config.UPLOAD_MAX_BYTES, publicUrl }
  artifactRoutes(routes, database, uploads)
  projectRoutes(routes)
  const advance = advanceTask(nudge)
  deploymentRoutes(routes, advance)
  officialCliRoutes(routes, { uploads, advance, configuredUrl: config.PUBLIC_URL })
  officialCliLinks(http, guard)
  const links = { mailer, publicUrl }
  const forgotten = forgottenPasswords(links, sealer)
  const oidc = oidcRoutes(http, config, { db: database, sealer, cookies, guard, publicUrl })
  userRoutes(routes, links)
  authRoutes(routes, { db: database, sealer, cookies, people, links, forgotten, oidc })
  xrayRoutes(routes, lanes.points)
  oauthRoutes(routes, { keys, guard, signing, tokens, cookies, publicUrl })
  routes.refuseOtherMethods()
  const controller = readConsole(path.join(import.meta.dirname, '../../console/dist'))
  if (controller) consoleRoutes(http, controller, config)
  else log.warn('The Controller is not built (npm run build -w packages/console): there is nothing to see at /')
  const drain = () => {
    isDraining = true
  }
  const tasks = [carryOut, exporting, buildTask, advance, forgotten.task, ...(mailer ? [mailer.task] : [])]
  return {
    http,
    channel: { gateway, ...governance },
    tasks: tasks as Task<never>[],
    jobs: [watchDeployments(advance)],
    drain,
  }
}

/** Ids that differ between nodes and starts, at the price of a counter. */
function requestIds(): () => string {
  const start = randomBytes(6).toString('base64url')
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
