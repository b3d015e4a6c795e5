import { type BulkDeviceChange, bulkScopes, type JobKind, type JobQuery, jobScopes } from '@mason/contract/job'
import type { Scope } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import { type Actor, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import { listWork, ownWork } from '../../core/begun-work.ts'
import { readJob } from '../../core/bulk/job.ts'
import { cancelJob } from '../../core/bulk/task.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { Page } from '../../core/http/page.ts'
import { isUuid } from '../../core/http/validation.ts'

export const list = (db: Db, actor: Actor, query: JobQuery): Promise<Page> =>
  listWork(db, actor, { view: 'job_document', scopes: jobScopes }, query)

export interface Found {
  kind: JobKind
  document: string
}

export async function find(db: Db, actor: Actor, id: string): Promise<Found> {
  if (!isUuid(id)) throw notFound('job')
  const { rows } = await db.query<Found>(sql`
    SELECT kind, document FROM job_document WHERE account_id = ${actor.accountId} AND id = ${id} ${ownWork(actor)}`)
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
      SELECT kind, change FROM job WHERE account_id = ${accountId} AND id = ${id} ${ownWork(actor)} FOR NO KEY UPDATE`)
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
