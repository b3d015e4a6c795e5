import type { FastifyRequest } from 'fastify'
import type { Actor, OwnSession } from '../actor.ts'
import type { AppError } from '../errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set before a handler of any route that is not public. */
    actor: Actor
    /** Why the actor may not do this, where the body is read first to say it exactly. */
    refusal: AppError | undefined
    /** The session that the actor has, where it is a person by a cookie. */
    session: OwnSession | undefined
    /** The bytes of the body, for the comparison of repeated requests. */
    rawBody: Buffer | undefined
    /** The Content-Type of a body that is streamed, as it was sent. */
    sentContentType: string | undefined
  }
}

/** Path and query of a request; with a slash at its end a path is the same as without (docs/contract.md §1). */
export const urlOf = ({ url }: Pick<FastifyRequest, 'url'>): string => url.replace(/^([^?]+)\/(?=\?|$)/, '$1')
