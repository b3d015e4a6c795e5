import type { Access } from '@mason/contract/route'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppError } from '../errors.ts'

/** Who may call, and how often. */
export interface Guard {
  /**
   * Decides who calls a route and whether it may: 401, 429, 403 and the 404 of an unknown fleet, in this order, before a
   * body is read. Returns at once where the credential is known, which spares the hot paths a turn of the loop.
   */
  authenticate(request: FastifyRequest, reply: FastifyReply, access: Access): undefined | Promise<void>
  /** Refuses whoever may not do this at all, now that the body has been read, and names the scopes that it would take. */
  refuseLacking(request: FastifyRequest): void
  /** Whoever cannot be told apart is limited by address; guessing is slow, and nobody else is held up. */
  refuseUnauthenticated(request: FastifyRequest, reply: FastifyReply, message: string): AppError
  /** What is left to the address, told to whoever is not asked for a credential. */
  announceAddress(request: FastifyRequest, reply: FastifyReply): void
  /** Whether an answer that goes on and on may: its key, session or token still stands, holds the scope and has the same groups. */
  isStillAdmitted(request: FastifyRequest): Promise<boolean>
}
