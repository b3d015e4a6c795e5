import type { FastifyInstance } from 'fastify'
import { AppError } from '../../core/errors.ts'
import type { Sealer } from '../../core/sealer.ts'
import { UrlSigner } from '../../core/storage/signed-url.ts'

/** What a node has seen of a request of the doctor. */
export interface Echo {
  /** Who has connected to the node: a proxy, where there is one. */
  peer: string
  /** Whom the node takes for the client. */
  address: string
  /** What the proxy says of the client; empty where it says nothing. */
  forwarded: string
}

const path = '/doctor/echo'
/** The clocks of two machines may differ. */
const lifeMs = 15 * 60_000

/** The path and query of a request for an echo, which is granted for some minutes. */
export const echoTarget = (sealer: Sealer): string =>
  new UrlSigner(sealer).sign({ method: 'GET', path, expiresAt: new Date(Date.now() + lifeMs) })

/** Tells the doctor how a request of its own has arrived, so that it can tell what a proxy makes of it. */
export function echoRoute(http: FastifyInstance, sealer: Sealer): void {
  const signer = new UrlSigner(sealer)
  http.get(path, { schema: { hide: true } }, (request, reply): Echo => {
    try {
      signer.verify(request.method, request.url)
    } catch {
      throw new AppError('not_found_error', 'There is nothing here but for mason-server doctor')
    }
    reply.header('cache-control', 'no-store')
    return {
      peer: request.socket.remoteAddress ?? '',
      address: request.ip,
      forwarded: String(request.headers['x-forwarded-for'] ?? ''),
    }
  })
}
