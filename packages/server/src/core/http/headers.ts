import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { AppError } from '../errors.ts'

const aYear = 31_536_000

/** What every answer carries; a request must name its host, and only one (RFC 9112 §3.2). */
export function headersOfAll(http: FastifyInstance, config: Pick<Config, 'PUBLIC_URL' | 'TLS_CERT'>) {
  const isSecure = config.TLS_CERT !== undefined || config.PUBLIC_URL?.startsWith('https:') === true
  /** Answers are not kept by anybody on the way, but for those that say otherwise themselves. */
  const write = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('cache-control', 'no-store')
    if (isSecure) reply.header('strict-transport-security', `max-age=${aYear}`)
  }
  http.addHook('onRequest', (request, reply, done) => {
    write(request, reply)
    const fault = faultOfHost(request)
    done(fault === undefined ? undefined : new AppError('invalid_request_error', fault))
  })
  return { write }
}

function faultOfHost({ raw }: FastifyRequest): string | undefined {
  let hosts = 0
  for (let index = 0; index < raw.rawHeaders.length; index += 2)
    if (raw.rawHeaders[index]?.length === 4 && raw.rawHeaders[index]?.toLowerCase() === 'host') hosts++
  if (hosts > 1) return 'The Host header appears twice'
  if (hosts === 0 && raw.httpVersion === '1.1') return 'The Host header is missing'
  return /[\s/?#@\\]/.test(raw.headers.host ?? '') ? 'The Host header is not a valid host' : undefined
}
