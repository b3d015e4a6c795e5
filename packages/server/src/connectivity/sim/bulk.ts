import { readIccid } from '@mason/contract/identifiers'
import type { BulkSimChange, BulkSims } from '@mason/contract/job'
import type { PlainSimTarget, SimTarget } from '@mason/contract/sim-target'
import sql, { type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import { type JobKey, type Outcome, startJob, type Work } from '../../core/bulk/job.ts'
import { jobTask } from '../../core/bulk/task.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, at } from '../../core/errors.ts'
import { filterOfView } from '../../core/filter/view.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { type Reach, withinTable } from '../../core/reach.ts'
import { rowsWithin } from '../../core/rows-within.ts'
import { changeSims, withImei } from './change.ts'
import { filter } from './service.ts'

/** Begins to change the SIMs of a target, or says how many there are. */
export async function bulk(
  db: Db,
  task: Task<JobKey>,
  actor: Actor,
  { target: named, change, dryRun = false, expect }: BulkSims,
): Promise<string> {
  const target = await requireTarget(db, actor, named)
  const total = 'sims' in target ? target.sims.length : undefined
  const wanted = at('/change', () => withImei(change))
  const job = { kind: 'sim.bulk', target, change: wanted, total, dryRun, expect, noun: 'SIM' } as const
  return startJob(db, actor, task, job, async () => total ?? count(db, actor, target))
}

/**
 * @returns the target with its ICCIDs as they are kept, and with the filter of its view.
 * @throws AppError when one is not there, or the filter cannot be read.
 */
async function requireTarget(db: Db, actor: Actor, target: SimTarget): Promise<PlainSimTarget> {
  const { accountId } = actor
  if ('view' in target) {
    const text = await filterOfView(db, actor, 'sim', target.view)
    at('/target/view', () => filter(accountId, { filter: text }))
    return { filter: { filter: text } }
  }
  if ('filter' in target) {
    at('/target/filter', () => filter(accountId, target.filter))
    return target
  }
  const sims = [...new Set(target.sims.map((iccid) => readIccid(iccid) ?? iccid))]
  const { rows } = await db.query<{ iccid: string }>(sql`
    SELECT t.iccid FROM unnest(${sims}::text[]) AS t (iccid)
    WHERE NOT EXISTS (
      SELECT FROM sim AS s WHERE s.account_id = ${accountId} AND s.iccid = t.iccid ${withinTable(actor, 'sim', 's')}) LIMIT 1`)
  if (rows[0]) throw new AppError('not_found_error', `There is no SIM ${rows[0].iccid}`)
  return { sims }
}

const conditionOf = (accountId: string, target: PlainSimTarget): Sql =>
  'filter' in target ? sql`true ${filter(accountId, target.filter)}` : sql`iccid = ANY (${target.sims})`

async function count(db: Db, reach: Reach, target: PlainSimTarget, createdUntil = 'infinity'): Promise<number> {
  const { accountId } = reach
  const { from, condition } = await rowsWithin(db, reach, 'sim')
  const { rows } = await db.query<{ total: number }>(sql`
    SELECT count(*)::int AS total FROM ${from}
    WHERE account_id = ${accountId} AND created_at <= ${createdUntil}::timestamptz AND ${conditionOf(accountId, target)}
      ${condition}`)
  return rows[0]?.total ?? 0
}

const work: Work<PlainSimTarget, BulkSimChange> = {
  kind: 'sim.bulk',
  find: async (db, reach, target, { after, limit, createdUntil }) => {
    const { accountId } = reach
    const { from, condition } = await rowsWithin(db, reach, 'sim')
    const { rows } = await db.query<{ iccid: string }>(sql`
      SELECT iccid FROM ${from}
      WHERE account_id = ${accountId} AND iccid > ${after} AND created_at <= ${createdUntil}::timestamptz
        AND ${conditionOf(accountId, target)} ${condition}
      ORDER BY iccid LIMIT ${limit}`)
    return rows.map(({ iccid }) => iccid)
  },
  count,
  change: async (tx, { id, author, change }, items) => {
    const iccids = items.flatMap(({ subject }) => subject ?? [])
    const changed = await changeSims(tx, author, iccids, change, id)
    return iccids.map((iccid): Outcome => {
      const outcome = changed.get(iccid)
      if (outcome instanceof AppError) return { reason: outcome.message }
      return outcome === 'done' ? 'done' : 'later'
    })
  },
}

/** Changes the SIMs of a target. */
export const bulkTask = jobTask(work)
