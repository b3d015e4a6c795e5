import type { Readable } from 'node:stream'
import { isAudited, type Route } from '@mason/contract/route'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import T, { type Static, type TSchema } from 'typebox'
import { type Actor, isPrincipal } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Sealer } from '../sealer.ts'
import { withEntry } from './audit-trail.ts'
import { refuseBadText } from './body.ts'
import { isCompressible } from './compress.ts'
import { nothingAt, sendError } from './errors.ts'
import type { Guard } from './guard.ts'
import { idempotencyKey, once } from './idempotency.ts'
import { requestReader } from './validation.ts'

type Part<S> = S extends TSchema ? Static<S> : undefined

/** What a handler is given: the validated parts of the request, who asks, and the database to work in. */
interface Call<R extends Route> {
  /** A transaction when the answer is to be kept for its Idempotency-Key, else the pool. */
  db: Db
  actor: Actor
  params: Part<R['schema']['params']>
  query: Part<R['schema']['querystring']>
  body: Part<R['schema']['body']>
  request: FastifyRequest
  reply: FastifyReply
}

export interface Router {
  /** Adds a route of the contract; the handler returns the answer as JSON text, its bytes or a stream of them. */
  add<const R extends Route>(route: R, handler: (call: Call<R>) => Promise<string | Buffer | Readable> | string): void
  /** A known path with another method is a 405 that says which there are; called once all routes are added. */
  refuseOtherMethods(): void
}

interface Options {
  db: Db
  sealer: Sealer
  guard: Guard
  /** Forgets the credentials that a change has ended: they are dead when it is answered. */
  forgetEnded(): Promise<void>
}

/** Serves the contract's routes on Fastify: credentials, scope, idempotency and the answer's form in one place. */
export function router(app: FastifyInstance, { db, sealer, guard, forgetEnded }: Options): Router {
  const methods = new Map<string, Set<string>>()
  app.decorateRequest('actor')
  app.decorateRequest('refusal')
  app.decorateRequest('session')
  app.decorateRequest('rawBody')
  app.decorateRequest('sentContentType')

  const add: Router['add'] = (route, handler) => {
    const { method, url, config, schema } = route
    if (!config?.scope) throw new Error(`${method} ${url} says nothing of who may call it`)
    // Signing in sets cookies and counts wrong guesses: no answer of it is kept, and nothing of it undone. A streamed body is
    // committed as it comes, and its rows know by themselves whether they were there before.
    const isSigningIn = config.scope === 'session' || config.scope === 'signing-in'
    const isRepeatable = method === 'POST' && !isSigningIn && !config.isStreamed
    const hasParameters = url.includes(':')
    const query = url.startsWith('/v1/') ? onlyKnown(schema.querystring) : schema.querystring
    const { body, ...others } = schema
    const readRequest = requestReader({
      ...others,
      ...(query && { querystring: query }),
      ...(body && !config.isLenient && { body }),
    })
    const mayEndCredentials = method !== 'GET' && config.scope !== 'device' && !config.isStreamed
    const leavesEntry = isAudited(route)
    methods.set(url, (methods.get(url) ?? new Set()).add(method))
    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<string | Buffer | Readable> => {
      reply.header('content-type', 'application/json; charset=utf-8')
      const handle = (db: Db) => {
        const { actor, params, query, body } = request
        return handler({ db, actor, params, query, body, request, reply } as unknown as Call<typeof route>)
      }
      const call = leavesEntry ? (db: Db) => withEntry(db, route, request, handle) : handle
      const isKept = isRepeatable && request.actor && isPrincipal(request.actor)
      const key = isKept ? idempotencyKey(request) : undefined
      if (key === undefined) return call(db)
      const { body, isReplay } = await once(db, sealer, request, key, async (tx) => String(await call(tx))).catch(
        (error) => {
          if (error.isReplay) reply.header('idempotent-replayed', 'true')
          throw error
        },
      )
      if (isReplay) reply.header('idempotent-replayed', 'true')
      return body
    }
    app.route({
      method,
      url,
      config: config as FastifyContextConfig,
      ...(!isCompressible(route) && { compress: false }),
      schema,
      ...(config.scope !== 'public' && { bodyLimit }),
      onRequest: (request, reply, done) => {
        try {
          const pending = guard.authenticate(request, reply, config.scope)
          if (pending) pending.then(() => done(), done)
          else done()
        } catch (error) {
          done(error as Error)
        }
      },
      preValidation: (request, _reply, done) => {
        try {
          guard.refuseLacking(request)
          if (hasParameters) refuseNoName(request)
          if (request.url.includes('%')) {
            refuseBadText(request.params, '')
            refuseBadText(request.query, '')
          }
          readRequest(request)
          done()
        } catch (error) {
          done(error as Error)
        }
      },
      handler: (request, reply) => {
        const answered = answer(request, reply)
        return mayEndCredentials ? answered.finally(forgetEnded) : answered
      },
    })
  }

  const refuseOtherMethods = () => {
    for (const [url, known] of methods) {
      const allowed = [...known].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
      app.route({
        method: everyMethod.filter((method) => !allowed.includes(method)),
        url,
        schema: { hide: true },
        onRequest: async (request, reply) => {
          guard.announceAddress(request, reply)
          reply.header('allow', allowed.join(', '))
          const message = `${request.method} is not a method of this path; it knows ${allowed.join(', ')}`
          return sendError(reply, new AppError('invalid_request_error', message, { status: 405 }))
        },
        handler: () => {},
      })
    }
  }

  return { add, refuseOtherMethods }
}

/** An empty part of a path names nothing: `group//` is not the group whose name is empty. */
function refuseNoName({ params, method, url }: FastifyRequest): void {
  for (const value of Object.values(params as Record<string, string>)) if (value === '') throw nothingAt(method, url)
}

/** A misspelled filter must never mean the whole fleet. Elsewhere clients send parameters of their own (docs/contract.md §1). */
const onlyKnown = (query: TSchema = T.Object({})): TSchema => ({ ...query, additionalProperties: false })

/** Of a JSON body, once it is known who sends it. */
const bodyLimit = 2 ** 20
const everyMethod: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
