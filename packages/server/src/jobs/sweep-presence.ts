import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

const missedCheckins = 3
const batch = 5_000

/**
 * Marks devices offline that missed three check-ins. It looks only at devices whose mark is old, and moves the mark of
 * those that did check in: each device is looked at about once per three check-ins, and check-ins touch no index.
 */
export function sweepPresence(checkinSeconds: number): PeriodicJob {
  const silence = `${missedCheckins * checkinSeconds} seconds`
  return {
    name: 'sweep-presence',
    everyMs: Math.min(10_000, checkinSeconds * 500),
    run: async (db) => {
      for (let swept = batch; swept === batch; ) {
        const { rowCount } = await db.query(sql`
          WITH due AS (SELECT account_id, id FROM device
                       WHERE online AND presence_mark < now() - ${silence}::interval
                       ORDER BY presence_mark LIMIT ${batch} FOR UPDATE SKIP LOCKED)
          UPDATE device AS d SET presence_mark = d.last_checkin,
                                 online = d.last_checkin >= now() - ${silence}::interval
          FROM due WHERE d.account_id = due.account_id AND d.id = due.id`)
        swept = rowCount ?? 0
      }
    },
  }
}
