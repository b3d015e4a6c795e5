import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { type Config, rolesOf } from '../../config.ts'
import type { Background } from '../background.ts'
import { type Governance, watchRequests } from '../connection/govern.ts'
import { refuseBroken } from '../connection/refuse.ts'
import { UnderWay } from '../connection/under-way.ts'
import type { Database } from '../db/database.ts'
import { overloaded } from '../overloaded.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { parseBodies } from './body.ts'
import { compressAnswers } from './compress.ts'
import { allowOrigins } from './cors.ts'
import { answerErrors, sendError, toAppError } from './errors.ts'
import type { Guard } from './guard.ts'
import { headersOfAll } from './headers.ts'
import { type Metrics, measure } from './metrics.ts'
import { describeApi } from './openapi.ts'
import './request.ts'
import { refuseOtherRoles } from './roles.ts'
import { serializeBy } from './serialize.ts'

interface Options {
  config: Config
  database: Database
  background: Background
  log: FastifyBaseLogger
  governance: Governance
  guard: Guard
  tracing: Tracing | undefined
}

/** Of whoever has not shown who they are: each of many connections may hold as much. */
const bodyLimit = 64 * 2 ** 10

/** Some seconds of work, and memory for as many bodies as there are devices that report a lot at once. */
const underWayLimits = { all: 10_000, perConnection: 100 }

/** HTTP as every route has it: headers, errors, bodies, measures and the description of the API. */
export async function openHttp(options: Options): Promise<{ http: FastifyInstance; metrics: Metrics }> {
  const { config, database, background, log, governance, guard, tracing } = options
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
  tracing?.watch(http)
  const headers = headersOfAll(http, config)
  const underWay = refuseTooMany(http, guard)
  watchRequests(http, governance)
  // RFC 9110 leaves it open whether an unknown expectation is refused; Node would, without a word.
  http.server.on('checkExpectation', (request, response) => http.server.emit('request', request, response))
  await allowOrigins(http, config)
  refuseOtherRoles(http, rolesOf(config), guard)
  await compressAnswers(http)
  answerErrors(http, guard, database)
  parseBodies(http)
  // The router reads requests by the contract; Fastify has its schemas for the description of the API alone.
  http.setValidatorCompiler(() => () => true)
  http.setSerializerCompiler(serializeBy)
  const metrics = measure(http, database, background)
  metrics.watchQueue('requests', () => underWay.size)
  await describeApi(http)
  return { http, metrics }
}

/** Whether the process lives is said whatever waits. */
function refuseTooMany(http: FastifyInstance, guard: Guard): UnderWay {
  const underWay = new UnderWay(underWayLimits)
  http.addHook('onRequest', (request, reply, done) => {
    if (request.url === '/healthz' || underWay.begin(request.raw.socket, reply.raw)) return done()
    guard.announceAddress(request, reply)
    done(overloaded('Too many requests wait for their answers: send it again later'))
  })
  return underWay
}

/** Ids that differ between nodes and starts, at the price of a counter. */
function requestIds(): () => string {
  const start = randomBytes(6).toString('base64url')
  let count = 0
  return () => `${start}-${(count++).toString(36)}`
}
