import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { readOrigins } from '../settings/url.ts'

const off: FastifyCorsOptions = { origin: false, preflight: false }

/**
 * Lets pages of these origins call the API with a key of their own. Cookies stay with the Controller: nothing is allowed
 * with credentials, so a page of another origin can never use somebody's session.
 */
export async function allowOrigins(http: FastifyInstance, { CORS_ORIGINS }: Pick<Config, 'CORS_ORIGINS'>) {
  const origins = new Set(readOrigins(CORS_ORIGINS ?? '') ?? [])
  if (origins.size === 0) return
  const optionsFor = ({ method, headers }: FastifyRequest): FastifyCorsOptions => {
    if (headers.origin === undefined || !origins.has(headers.origin)) return off
    return {
      origin: headers.origin,
      credentials: false,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      allowedHeaders: [
        ...['Authorization', 'Content-Type', 'Content-MD5', 'Idempotency-Key', 'Last-Event-ID'],
        ...['Range', 'If-Range', 'If-None-Match'],
      ],
      exposedHeaders: [
        ...['Link', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id', 'Idempotent-Replayed'],
        ...['Content-Range', 'Content-Disposition', 'ETag'],
      ],
      maxAge: 3600,
      // Success is exactly 200 (docs/contract.md §1).
      optionsSuccessStatus: 200,
      // An OPTIONS that asks for nothing is a method like any other, which no path knows.
      preflight: method === 'OPTIONS' && headers['access-control-request-method'] !== undefined,
    }
  }
  await http.register(cors, { delegator: (request, callback) => callback(null, optionsFor(request)) })
}
