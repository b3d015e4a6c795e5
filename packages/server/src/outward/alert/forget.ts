import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { deleteOld } from '../../core/jobs/delete-old.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'

/** Deletes resolved alerts that are as old as events may be, and deleted rules that have none any more. */
export function forgetAlerts(keptDays: number): PeriodicJob {
  const deletePortion = deleteOld({
    name: 'alert',
    keptDays,
    isPast: sql`NOT t.is_standing AND t.resolved_at < now() - make_interval(days => ${keptDays})`,
  })
  return {
    name: 'forget-alerts',
    everyMs: hourMs / 6,
    waitsForBackup: true,
    run: async (tx) => {
      if (await deletePortion(tx)) return true
      await tx.query(sql`
        DELETE FROM alert_rule AS r WHERE deleted_at IS NOT NULL AND look_at IS NULL
          AND NOT EXISTS (SELECT FROM alert AS a WHERE a.account_id = r.account_id AND a.rule_id = r.id)
          AND NOT EXISTS (SELECT FROM alert_candidate AS c WHERE c.account_id = r.account_id AND c.rule_id = r.id)`)
      return false
    },
  }
}
