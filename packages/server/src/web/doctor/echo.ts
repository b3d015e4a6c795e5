import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../../core/errors.ts'
import type { Sealer } from '../../core/sealer.ts'

/** What a node has seen of a request of the doctor. */
export interface Echo {
  /** Who has connected to the node: a proxy, where there is one. */
  peer: string
  /** Whom the node takes for the client. */
  address: string
  /** What the proxy says of the client; empty where it says nothing. */
  forwarded: string
}

export const echoPath = '/doctor/echo'
const lifeMs = 5 * 60_000

/** Shows a node that the doctor has the platform's encryption key, for some minutes. */
export function echoToken(sealer: Sealer, now = Date.now()): string {
  const end = String(now + lifeMs)
  return `${end}.${mark(sealer, end)}`
}

const mark = (sealer: Sealer, end: string) =>
  createHmac('sha256', sealer.derive('doctor')).update(end).digest('base64url')

function isValid(sealer: Sealer, token: string): boolean {
  const [end = '', given = ''] = token.split('.')
  const [expected, received] = [mark(sealer, end), given].map((text) => Buffer.from(text))
  if (!expected || !received || expected.length !== received.length || !timingSafeEqual(expected, received))
    return false
  // The clocks of two machines may differ.
  return Math.abs(Number(end) - Date.now()) < 2 * lifeMs
}

/** Tells the doctor how a request of its own has arrived, so that it can tell what a proxy makes of it. */
export function echoRoute(http: FastifyInstance, sealer: Sealer): void {
  http.get(echoPath, { schema: { hide: true } }, (request, reply): Echo => {
    const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (!isValid(sealer, token))
      throw new AppError('not_found_error', 'There is nothing here but for mason-server doctor')
    reply.header('cache-control', 'no-store')
    return {
      peer: request.socket.remoteAddress ?? '',
      address: request.ip,
      forwarded: String(request.headers['x-forwarded-for'] ?? ''),
    }
  })
}
