import type { ScheduleAction } from '@mason/contract/schedule'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { isLasting } from '../../core/db/lasting.ts'
import { AppError } from '../../core/errors.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { type BatchWork, notifyMany } from '../../fleet/notification/batch.ts'
import { create as createExport, type ExportJob } from '../export/service.ts'
import { nextDue } from './due.ts'

/** How the actions of schedules are done. */
export interface Means extends BatchWork {
  exportTask: Task<ExportJob>
}

interface Due {
  account_id: string
  id: string
  cron: string
  timezone: string
  action: ScheduleAction
  next_run_at: Date
}

const keptRuns = 20
/** Of those that are due, so many are drawn from: one that cannot run just now holds up no other. */
const drawn = 50

/**
 * Runs a schedule that is due. The action, its record and the next time are one transaction, so each time that is due has one run,
 * whatever is cut off; of the times that were missed, one.
 */
export const runSchedules = (means: Means): PeriodicJob => ({
  name: 'run-schedules',
  everyMs: 1_000,
  run: async (tx) => {
    const { rows } = await tx.query<Due>(sql`
      WITH due AS (SELECT ctid FROM schedule WHERE next_run_at <= now() ORDER BY next_run_at LIMIT ${drawn} FOR UPDATE SKIP LOCKED)
      SELECT account_id, id, cron, timezone, action, next_run_at FROM schedule
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM due)) ORDER BY random() LIMIT 1`)
    const [due] = rows
    if (!due) return false
    const { account_id: accountId, id } = due
    const run = await attempt(tx, means, due)
    await tx.query(sql`
      INSERT INTO schedule_run (account_id, schedule_id, due_at, reason, batch_id, export_id)
      VALUES (${accountId}, ${id}, ${due.next_run_at}, ${run.reason ?? null}, ${run.batch ?? null}, ${run.export ?? null})`)
    await tx.query(sql`
      DELETE FROM schedule_run WHERE account_id = ${accountId} AND schedule_id = ${id} AND due_at <= (
        SELECT due_at FROM schedule_run WHERE account_id = ${accountId} AND schedule_id = ${id}
        ORDER BY due_at DESC OFFSET ${keptRuns} LIMIT 1)`)
    await tx.query(sql`
      UPDATE schedule SET next_run_at = ${following(due)} WHERE account_id = ${accountId} AND id = ${id}`)
    return true
  },
})

/** The next time after now. One that never comes due again, or cannot be read any more, is disabled. */
function following(due: Due): Date | null {
  try {
    return nextDue(due, new Date(Math.max(Date.now(), due.next_run_at.getTime())))
  } catch {
    return null
  }
}

interface Run {
  reason?: string
  batch?: string
  export?: string
}

/** What passes by itself, such as a lock, is thrown: the run is tried again. */
async function attempt(tx: Db, means: Means, due: Due): Promise<Run> {
  try {
    return await tx.transaction((within) => act(within, means, due))
  } catch (error) {
    if (error instanceof AppError) return { reason: error.message }
    if (isLasting(error)) return { reason: 'The platform could not carry it out' }
    throw error
  }
}

async function act(tx: Db, means: Means, { account_id: accountId, id, action }: Due): Promise<Run> {
  const actor = { kind: 'system', accountId, id } as const
  if ('export' in action) return { export: idOf(await createExport(tx, actor, means.exportTask, action.export)) }
  return { batch: idOf(await notifyMany(tx, means, actor, action.notification)) }
}

const idOf = (document: string) => (JSON.parse(document) as { id: string }).id
