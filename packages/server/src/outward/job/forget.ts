import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortions } from '../../core/jobs/portion.ts'

/** Forgets jobs past their retention, each after what it left. */
export const forgetJobs = (keptDays: number): PeriodicJob => ({
  name: 'forget-jobs',
  everyMs: hourMs,
  run: async (tx) => {
    const { rows } = await tx.query<{ accountId: string; id: string }>(sql`
      SELECT account_id AS "accountId", id FROM job WHERE finished_at < now() - make_interval(days => ${keptDays})
      ORDER BY finished_at LIMIT 1`)
    const [job] = rows
    if (!job) return false
    const isItsOwn = sql`t.account_id = ${job.accountId} AND t.job_id = ${job.id}`
    if (await deletePortions(tx, { job_item: isItsOwn, job_failure: isItsOwn })) return true
    await tx.query(sql`DELETE FROM job WHERE account_id = ${job.accountId} AND id = ${job.id}`)
    return true
  },
})
