import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

const system = sql`'{"kind": "system"}'::jsonb`

/**
 * Ends what ran out of time: one that was acknowledged and never seen to happen has failed, any other has expired. Also
 * ends shutdowns whose device has gone.
 */
export const expireNotifications: PeriodicJob = {
  name: 'expire-notifications',
  everyMs: 1_000,
  run: async (db) => {
    const gone = await db.query(sql`
      WITH gone AS (SELECT n.ctid FROM notification AS n
                    JOIN device AS d ON d.account_id = n.account_id AND d.id = n.device_id AND NOT d.online
                    WHERE n.state = 'acknowledged' AND n.type = 'shutdown' LIMIT ${portion} FOR UPDATE OF n SKIP LOCKED)
      UPDATE notification AS n SET state = 'succeeded', finished_at = now(), changed_by = ${system}
      FROM gone WHERE n.ctid = gone.ctid`)
    const ended = await db.query(sql`
        WITH due AS (SELECT ctid FROM notification
                     WHERE finished_at IS NULL AND expires_at <= now()
                     ORDER BY expires_at LIMIT ${portion} FOR UPDATE SKIP LOCKED)
        UPDATE notification AS n SET
          state = CASE n.state WHEN 'acknowledged' THEN 'failed' ELSE 'expired' END,
          reason = CASE n.state WHEN 'acknowledged' THEN 'not_observed' END,
          finished_at = now(), changed_by = ${system}
        FROM due WHERE n.ctid = due.ctid`)
    return gone.rowCount === portion || ended.rowCount === portion
  },
}
