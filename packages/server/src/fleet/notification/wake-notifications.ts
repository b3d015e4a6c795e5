import sql from 'sql-template-tag'
import { preferOrder } from '../../core/db/prefer-indexes.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/**
 * Hands out the commands whose time has come, and takes back, until the next opening, what was not answered when the window closed. So a
 * command is looked at when its window opens or closes, and not in between. One that the device holds is handed out again when its
 * window has passed, in case the device has lost it.
 */
export const wakeNotifications: PeriodicJob = {
  name: 'wake-notifications',
  everyMs: 1_000,
  run: async (db) => {
    await preferOrder(db)
    const { rowCount } = await db.query(sql`
      WITH opening AS (
        SELECT ctid FROM notification WHERE wakes_at <= now() AND wakes_at IS NOT NULL AND finished_at IS NULL
        ORDER BY wakes_at LIMIT ${portion} FOR UPDATE SKIP LOCKED),
      closing AS (
        SELECT ctid FROM notification WHERE closes_at <= now() AND closes_at IS NOT NULL AND wakes_at IS NULL AND finished_at IS NULL
        ORDER BY closes_at LIMIT ${portion} FOR UPDATE SKIP LOCKED),
      due AS (SELECT ctid FROM opening UNION ALL SELECT ctid FROM closing),
      timed AS MATERIALIZED (
        SELECT due.ctid, d.gateway, t.wakes_at, t.closes_at
        FROM due JOIN notification AS n ON n.ctid = due.ctid
        JOIN device AS d ON d.account_id = n.account_id AND d.id = n.device_id
        CROSS JOIN command_timing(n.not_before, n.time_window, d.timezone) AS t)
      UPDATE notification AS n SET wakes_at = t.wakes_at, closes_at = t.closes_at,
        gateway = CASE WHEN t.wakes_at IS NULL THEN t.gateway END
      FROM timed AS t WHERE n.ctid = t.ctid`)
    return (rowCount ?? 0) >= portion
  },
}
