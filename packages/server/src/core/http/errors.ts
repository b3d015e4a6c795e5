import type { ErrorType } from '@mason/contract/error'
import type { Access } from '@mason/contract/route'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import pg from 'pg'
import { gatherRefusals, type Refusals } from '../audit/refusals.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { recordRefusal } from './audit-trail.ts'
import type { Guard } from './guard.ts'

/** The name of a constraint is the 409 that breaking it gives. */
const conflicts: Record<string, string> = {
  group_name: 'A group of this name exists already',
  device_serialnumber: 'A device with this serial number exists already',
  user_email: 'A user of this e-mail address exists already',
  account_name: 'An account of this name exists already',
  project_name: 'A project of this name exists already',
  view_shared_name: 'A shared view of this name exists already',
  view_own_name: 'You have a view of this name already',
}

/** Every error of the HTTP surface becomes an answer here and nowhere else. */
export function answerErrors(app: FastifyInstance, { announceAddress, refuseUnauthenticated }: Guard, db: Db): void {
  const refusals = gatherRefusals(db)
  app.setErrorHandler(async (error: FastifyError | AppError, request, reply) => {
    const found = toAppError(error)
    // Whoever may not do this is not told what else is wrong with it.
    const cause = found.type === 'permission_error' ? found : (request.refusal ?? found)
    // A public route that asks for a secret of its own, as enrollment does, is guessed at no faster than keys are.
    const isUnauthenticated =
      cause.status === 401 && (request.routeOptions.config as { scope?: Access }).scope === 'public'
    const refusal = isUnauthenticated ? refuseUnauthenticated(request, reply, cause.message) : cause
    // Whoever has gone away gets no answer: what failed by that is no fault of ours.
    if (request.raw.socket.destroyed) request.log.debug({ reason: error.message }, 'the client has gone away')
    else if (refusal.status >= 500) request.log.error({ err: error }, refusal.message)
    return sendError(reply, refusal.type === 'permission_error' ? await recorded(refusals, request, refusal) : refusal)
  })
  app.setNotFoundHandler((request, reply) => {
    announceAddress(request, reply)
    return sendError(reply, nothingAt(request.method, request.url))
  })
}

/** A refusal that left its entry in the audit trail; where that cannot be written, that is the answer. */
const recorded = (refusals: Refusals, request: FastifyRequest, refusal: AppError): Promise<AppError> =>
  recordRefusal(refusals, request, refusal).then(() => refusal, toAppError)

/** That a path is none of ours. */
export const nothingAt = (method: string, url: string): AppError =>
  new AppError('not_found_error', `There is nothing at ${method} ${url.split('?', 1)[0]}`)

/** The codes of RFC 6749 that say what our types do. */
const oauthCodes: Partial<Record<ErrorType, string>> = {
  authentication_error: 'invalid_client',
  rate_limit_error: 'temporarily_unavailable',
  api_error: 'server_error',
}

/** What clients of OAuth look for; RFC 6749 allows no quotes and nothing but ASCII in a description. */
const oauthMembers = ({ type, message, details }: AppError) => ({
  error: details.oauth ?? oauthCodes[type] ?? 'invalid_request',
  error_description: message.replaceAll(/["\\]/g, "'").replaceAll(/[^ -~]/g, '?'),
})

/** What the official CLI shows (docs/contract.md §8). */
const cliMembers = ({ type, message, details: { itemized } }: AppError) => ({
  error: type,
  details: message,
  ...(itemized && { itemized }),
})

/** The paths that the official CLI calls; of the errors of signing in it reads the code of RFC 6749. */
const isForCli = (url: string) => /^\/(api|oauth\/ro)(\/|\?|$)/.test(url)

function errorBody(error: AppError, { id, url }: FastifyRequest): Record<string, unknown> {
  const { faults } = error.details
  return {
    type: error.type,
    message: error.message,
    requestId: id,
    ...(isForCli(url) && cliMembers(error)),
    ...(url.startsWith('/oauth/') && oauthMembers(error)),
    ...(faults && faults.length > 0 ? { errors: faults } : {}),
  }
}

export function sendError(reply: FastifyReply, error: AppError): FastifyReply {
  const { retryAfter } = error.details
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (error.status === 401) reply.header('www-authenticate', challengeFor(reply.request))
  return reply
    .code(error.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error, reply.request)))
}

/** Asked for Basic, a browser would open a dialog of its own over the page whose script made the request. */
function challengeFor({ headers }: FastifyRequest): string {
  const isScript = headers['user-agent']?.startsWith('Mozilla/') && !headers.accept?.includes('text/html')
  return isScript ? 'Bearer realm="mason"' : 'Basic realm="mason", charset="UTF-8"'
}

/** What a failure means to a client. */
export function toAppError(error: Error & { statusCode?: number; code?: string; validation?: unknown }): AppError {
  if (error instanceof AppError) return error
  if (error instanceof pg.DatabaseError) return fromDatabase(error)
  if (isConnectionFailure(error)) return databaseAway()
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('invalid_request_error', 'The body is too large')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new AppError('invalid_request_error', error.message)
  return new AppError('api_error', 'Something went wrong on our side')
}

const databaseAway = () =>
  new AppError('api_error', 'The service is not available for the moment', { status: 503, retryAfter: 1 })

/**
 * What is over after a while: classes 08, 53 and 57 (the connection, resources, a shutdown or a statement that took too long),
 * conflicts of transactions that were not settled by running them again, locks and idle transactions that took too long, and a
 * PostgreSQL that only reads, which was the primary or becomes it.
 */
const passes = /^(08|53|57P|57014|40001|40P01|55P03|25006|25P0[34])/

function fromDatabase(error: pg.DatabaseError): AppError {
  const sentence = error.constraint === undefined ? undefined : conflicts[error.constraint]
  if (sentence && error.code === '23505') return new AppError('conflict_error', sentence)
  if (passes.test(error.code ?? '')) return databaseAway()
  return new AppError('api_error', 'Something went wrong on our side')
}

function isConnectionFailure(error: Error & { code?: string }): boolean {
  if (
    /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ERR_STREAM_WRITE_AFTER_END|ERR_STREAM_DESTROYED)$/.test(
      error.code ?? '',
    )
  )
    return true
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after/.test(
    error.message,
  )
}
