import { bulkDevices, bulkSims, importDevices } from '@mason/contract/job'
import type { Route } from '@mason/contract/route'
import type { FastifyRequest } from 'fastify'
import { type Actor, isPrincipal } from '../actor.ts'
import { audited } from '../audit/audited.ts'
import type { Draft } from '../audit/draft.ts'
import type { Refusals } from '../audit/refusals.ts'
import { writeEntry } from '../audit/write.ts'
import type { Db } from '../db/database.ts'
import type { AppError } from '../errors.ts'

/** The kinds of subjects that paths and events call differently. */
const kinds: Readonly<Record<string, string>> = {
  apikey: 'key',
  artifacts: 'artifact',
  builder: 'build',
  deploy: 'deployment',
  sessions: 'session',
}

/** What these make is a job, whatever it changes. */
const makingJobs = new Set<string>([bulkDevices, importDevices, bulkSims].map(({ schema }) => schema.operationId))

/** Parameters that say whose, and not what. */
const owners = new Set([':fleet', ':customer'])

/** What a path is about: what stands before its first parameter, and the parameters that follow at once. */
function subjectOf({ url, schema }: Pick<Route, 'url' | 'schema'>, params: Record<string, string>): Draft['subject'] {
  if (makingJobs.has(schema.operationId)) return { kind: 'job' }
  const parts = url.split('/').filter((part) => part !== '' && !owners.has(part))
  const first = parts.findIndex((part) => part.startsWith(':'))
  // Below /api the second word is a service, which may have several kinds of things.
  if (first === -1) return { kind: kindOf(parts[url.startsWith('/api/') && parts.length > 2 ? 2 : 1] ?? '') }
  const end = parts.findIndex((part, index) => index > first && !part.startsWith(':'))
  const named = parts.slice(first, end === -1 ? undefined : end).map((part) => params[part.slice(1)])
  return { kind: kindOf(parts[first - 1] ?? ''), id: named.join('/') }
}

const kindOf = (word: string) => kinds[word] ?? word

function draftOf(request: FastifyRequest, route: Route, actor: Actor): Draft {
  const { accountId, kind, id } = actor
  return {
    ...{ accountId, actor: { kind, id }, action: route.schema.operationId },
    subject: isOfFleet(route) ? subjectOf(route, request.params as Record<string, string>) : { kind, id },
    ...placeOf(request),
  }
}

/** Where a request came from. */
export const placeOf = ({ ip, headers, id }: FastifyRequest) => ({
  address: ip,
  userAgent: headers['user-agent'],
  requestId: id,
})

/**
 * Others are about whoever calls. Who signs in is known once the secret was right; wrong guesses are counted in transactions of
 * their own.
 */
const isOfFleet = ({ url }: Pick<Route, 'url'>) => url.startsWith('/v1/') || url.startsWith('/api/')

/** A look at what would happen changes nothing. */
const isDryRun = ({ query, body }: FastifyRequest) =>
  [query, body].some((part) => typeof part === 'object' && part !== null && 'dryRun' in part && part.dryRun === true)

/** A part of a file that does not begin it goes on with a download that has its entry. */
const isContinued = ({ headers: { range } }: FastifyRequest) => range !== undefined && !/^bytes=0-/.test(range)

/**
 * Does the work of a route, and has it leave its entry in the audit trail: in the transaction of the change, or by itself where
 * there is none, as for a download.
 */
export async function withEntry<T>(
  db: Db,
  route: Route,
  request: FastifyRequest,
  work: (db: Db) => Promise<T> | T,
): Promise<T> {
  const { actor } = request as { actor: Actor | undefined }
  if (isDryRun(request) || request.method === 'HEAD' || (actor && !isPrincipal(actor))) return work(db)
  const isDownload = route.method === 'GET'
  const { db: own, pending } = audited(db, {
    actor: isOfFleet(route) && !isDownload ? actor : undefined,
    describe: (who) => draftOf(request, route, who),
    isRemoval: route.method === 'DELETE',
  })
  const answer = await work(own)
  // Who has signed in meanwhile is known now.
  const who = pending.actor ?? request.actor
  if (!pending.isWritten && who && !(isDownload && isContinued(request)))
    await writeEntry(db, draftOf(request, route, who))
  return answer
}

/** A database whose transaction leaves the entry of a sign-in, by whoever it turns out to be. */
export const ofSignIn = (db: Db, request: FastifyRequest, action: string): Db =>
  audited(db, {
    actor: undefined,
    describe: ({ accountId, id }) => ({
      ...{ accountId, actor: { kind: 'user', id }, action, subject: { kind: 'user', id } },
      ...placeOf(request),
    }),
    isRemoval: false,
  }).db

/** Leaves the entry of a refusal (403), whatever was asked for. */
export async function recordRefusal(refusals: Refusals, request: FastifyRequest, { message }: AppError): Promise<void> {
  const { actor, routeOptions } = request
  const { schema, config } = routeOptions
  if (!actor || !isPrincipal(actor) || !schema || !('operationId' in schema) || !routeOptions.url) return
  const route = { method: request.method, url: routeOptions.url, config, schema } as unknown as Route
  await refusals({ ...draftOf(request, route, actor), refusal: message })
}
