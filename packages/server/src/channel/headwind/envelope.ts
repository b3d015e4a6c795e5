import type { FastifyReply, FastifyRequest } from 'fastify'
import { toAppError } from '../../core/http/errors.ts'
import type { Guard } from '../../core/http/guard.ts'

/** What every answer is wrapped in. */
export const ok = (data: unknown = null): string => JSON.stringify({ status: 'OK', message: null, data })

/** A refusal in words that the agent knows; of the first it shows a sentence to whoever holds the device. */
export const refusal = (message: string): string => JSON.stringify({ status: 'ERROR', message, data: null })

export const unknownDevice = 'error.notfound.device'
const denied = 'error.permission.denied'

/** Answers errors in the form of the dialect. Anything but a 2xx makes the agent wait a while, and try again. */
export function answerInDialect(guard: Guard) {
  return (error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const found = toAppError(error)
    // A secret is guessed at no faster here than elsewhere.
    const cause =
      found.type === 'authentication_error' ? guard.refuseUnauthenticated(request, reply, found.message) : found
    if (cause.status >= 500 && !request.raw.socket.destroyed) request.log.error({ err: error }, cause.message)
    if (cause.details.retryAfter !== undefined) reply.header('retry-after', cause.details.retryAfter)
    const message = cause.type === 'authentication_error' ? denied : 'error.internal.server'
    return reply
      .code(cause.status === 401 ? 403 : cause.status)
      .type('application/json; charset=utf-8')
      .send(refusal(message))
  }
}
