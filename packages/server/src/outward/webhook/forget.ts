import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/** Deletes deliveries whose events are no longer kept, those of deleted webhooks, and at last these webhooks. */
export const forgetDeliveries: PeriodicJob = {
  name: 'forget-webhook-deliveries',
  everyMs: hourMs / 6,
  waitsForBackup: true,
  run: async (tx) => {
    const { rows } = await tx.query<{ deleted: number }>(sql`
      WITH old AS MATERIALIZED (
        SELECT d.ctid FROM (
          SELECT account_id, id, CASE WHEN deleted_at IS NULL THEN coalesce(
            (SELECT e.id FROM event AS e WHERE e.account_id = w.account_id ORDER BY e.id LIMIT 1),
            (SELECT a.id FROM audit_entry AS a WHERE a.account_id = w.account_id ORDER BY a.id LIMIT 1)) END AS oldest
          FROM webhook AS w) AS w
        CROSS JOIN LATERAL (
          SELECT ctid FROM webhook_delivery AS d
          WHERE d.account_id = w.account_id AND d.webhook_id = w.id AND d.event_id < coalesce(w.oldest, '~')
          ORDER BY d.event_id LIMIT ${portion} FOR UPDATE SKIP LOCKED) AS d
        LIMIT ${portion}),
      gone AS (DELETE FROM webhook_delivery WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING true)
      SELECT count(*)::int AS deleted FROM gone`)
    if (rows[0]?.deleted === portion) return true
    await tx.query(sql`
      DELETE FROM webhook AS w WHERE deleted_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM webhook_delivery AS d WHERE d.account_id = w.account_id AND d.webhook_id = w.id)`)
    return false
  },
}
