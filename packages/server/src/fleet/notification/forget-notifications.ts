import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { deleteOld } from '../../core/jobs/delete-old.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'

/** Forgets notifications that ended, and batches of which none is left, when they are past their retention. */
export function forgetNotifications(keptDays: number): PeriodicJob {
  const oldest = sql`now() - make_interval(days => ${keptDays})`
  const forgetEnded = deleteOld({
    name: 'notification',
    keptDays,
    isPast: sql`t.created_at < ${oldest} AND t.finished_at < ${oldest}`,
  })
  const forgetEmpty = deleteOld({
    name: 'batch',
    keptDays,
    isPast: sql`t.created_at < ${oldest}
                AND NOT EXISTS (SELECT FROM notification AS n WHERE n.account_id = t.account_id AND n.batch_id = t.id)`,
  })
  return {
    name: 'forget-notifications',
    everyMs: hourMs,
    run: async (tx) => (await forgetEnded(tx)) || forgetEmpty(tx),
  }
}
