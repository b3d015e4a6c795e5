import type { FastifyReply, FastifyRequest } from 'fastify'
import { toAppError } from '../../core/http/errors.ts'

/** What every answer is wrapped in. */
export const ok = (data: object): string => JSON.stringify({ status: 'OK', message: null, data })

const words: Readonly<Record<string, string>> = {
  authentication_error: 'error.agent.unauthorized',
  conflict_error: 'error.agent.conflict',
  invalid_request_error: 'error.agent.invalid',
}

/** What is refused in the words of the dialect; an agent tries again after a while. */
export const refusal = (message: string): string => JSON.stringify({ status: 'ERROR', message, data: null })

/** Answers errors in the form of the dialect. */
export function answerInDialect(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const found = toAppError(error)
  if (found.status >= 500 && !request.raw.socket.destroyed) request.log.error({ err: error }, found.message)
  if (found.details.retryAfter !== undefined) reply.header('retry-after', found.details.retryAfter)
  return reply
    .code(found.status)
    .type('application/json; charset=utf-8')
    .send(refusal(words[found.type] ?? 'error.internal.server'))
}
