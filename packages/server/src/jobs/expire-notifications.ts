import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

const batch = 5_000
const system = sql`'{"kind": "system"}'::jsonb`

/**
 * Ends what ran out of time: one that was acknowledged and never seen to happen has failed, any other has expired. Also
 * ends shutdowns whose device has gone.
 */
export const expireNotifications: PeriodicJob = {
  name: 'expire-notifications',
  everyMs: 1_000,
  run: async (db) => {
    await db.query(sql`
      UPDATE notification AS n SET state = 'succeeded', finished_at = now(), changed_by = ${system}
      FROM device AS d
      WHERE n.state = 'acknowledged' AND n.type = 'shutdown'
        AND d.account_id = n.account_id AND d.id = n.device_id AND NOT d.online`)
    for (let ended = batch; ended === batch; ) {
      const { rowCount } = await db.query(sql`
        WITH due AS (SELECT account_id, id FROM notification
                     WHERE finished_at IS NULL AND expires_at <= now()
                     ORDER BY expires_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
        UPDATE notification AS n SET
          state = CASE n.state WHEN 'acknowledged' THEN 'failed' ELSE 'expired' END,
          reason = CASE n.state WHEN 'acknowledged' THEN 'not_observed' END,
          finished_at = now(), changed_by = ${system}
        FROM due WHERE n.account_id = due.account_id AND n.id = due.id`)
      ended = rowCount ?? 0
    }
  },
}
