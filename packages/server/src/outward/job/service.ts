import {
  type BulkDeviceChange,
  bulkScopes,
  type JobKind,
  type JobQuery,
  jobKinds,
  jobScopes,
} from '@mason/contract/job'
import type { Scope } from '@mason/contract/scopes'
import sql, { empty } from 'sql-template-tag'
import { type Actor, mayDo, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import { readJob } from '../../core/bulk/job.ts'
import { cancelJob } from '../../core/bulk/task.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { isUuid } from '../../core/http/validation.ts'

export function list(db: Db, actor: Actor, { kind, state, ...page }: JobQuery): Promise<Page> {
  const readable = jobKinds.filter((each) => mayDo(actor, jobScopes[each]))
  const where = sql`AND kind = ANY (${readable}) ${kind === undefined ? empty : sql`AND kind = ${kind}`}
    ${state === undefined ? empty : sql`AND state = ${state}`}`
  const hanging = { told: () => own(actor) }
  return readPage(db, { view: 'job_document', key: 'id', keyType: 'uuid', reach: actor, hanging, where }, page)
}

/** Who is restricted to groups sees its own jobs alone, and those no more that are of a group which it has lost. */
const own = (actor: Actor) =>
  actor.groups ? sql`AND created_by @> ${actorDocument(actor)}::jsonb AND groups <@ ${actor.groups}::text[]` : empty

export interface Found {
  kind: JobKind
  document: string
}

export async function find(db: Db, actor: Actor, id: string): Promise<Found> {
  if (!isUuid(id)) throw notFound('job')
  const { rows } = await db.query<Found>(sql`
    SELECT kind, document FROM job_document WHERE account_id = ${actor.accountId} AND id = ${id} ${own(actor)}`)
  const [job] = rows
  if (!job) throw notFound('job')
  requireScope(actor, jobScopes[job.kind])
  return job
}

/** Cancels what of a job is not done. */
export async function cancel(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('job')
  const { accountId } = actor
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ kind: JobKind; change: BulkDeviceChange | null }>(sql`
      SELECT kind, change FROM job WHERE account_id = ${accountId} AND id = ${id} ${own(actor)} FOR NO KEY UPDATE`)
    const [job] = rows
    if (!job) throw notFound('job')
    for (const scope of scopesOf(job)) requireScope(actor, scope)
    wasBefore(tx, await readJob(tx, { accountId, id }))
    if (!(await cancelJob(tx, { accountId, id }))) throw new AppError('conflict_error', 'The job has ended already')
    return readJob(tx, { accountId, id })
  })
}

/** The scopes that starting a job needs. */
function scopesOf({ kind, change }: { kind: JobKind; change: BulkDeviceChange | null }): Scope[] {
  if (kind === 'sim.bulk') return ['connect:admin']
  return change ? bulkScopes(change) : ['fleet:manager']
}
