import sql from 'sql-template-tag'
import { gatewaySilenceSeconds, upForSeconds } from '../mqtt/presence.ts'
import type { PeriodicJob } from './periodic.ts'

const missedCheckins = 3
const batch = 5_000

/**
 * Marks devices offline that missed three check-ins and have no live connection. What they could not do while the platform
 * was down, they have not missed: after a start they have three intervals. It looks at each device about once per
 * three check-ins, when it is due, and moves its mark: check-ins themselves touch no index.
 */
export function sweepPresence(checkinSeconds: number): PeriodicJob {
  const silence = `${missedCheckins * checkinSeconds} seconds`
  return {
    name: 'sweep-presence',
    everyMs: Math.min(10_000, checkinSeconds * 500),
    run: async (db) => {
      const upFor = await upForSeconds(db)
      if (upFor === undefined) return
      const upSince = sql`now() - make_interval(secs => ${Math.max(0, upFor)})`
      const heardOf = sql`greatest(d.last_checkin, ${upSince})`
      await db.query(sql`DELETE FROM gateway WHERE seen_at < now() - make_interval(secs => ${gatewaySilenceSeconds})`)
      for (let swept = batch; swept === batch; ) {
        const { rows } = await db.query<{ swept: number }>(sql`
          WITH due AS (SELECT account_id, id FROM device
                       WHERE online AND presence_due < now()
                       ORDER BY presence_due LIMIT ${batch} FOR UPDATE SKIP LOCKED),
          looked AS (
            UPDATE device AS d SET
              presence_mark = d.last_checkin,
              presence_due = CASE WHEN d.gateway IN (SELECT id FROM gateway) THEN now() ELSE ${heardOf} END + ${silence}::interval,
              online = ${heardOf} >= now() - ${silence}::interval OR d.gateway IN (SELECT id FROM gateway) IS TRUE,
              gateway = CASE WHEN d.gateway IN (SELECT id FROM gateway) THEN d.gateway END
            FROM due WHERE d.account_id = due.account_id AND d.id = due.id
            RETURNING d.account_id, d.id, d.online, d.last_checkin),
          missed AS (
            INSERT INTO event (account_id, type, actor, subject, device_id, data)
            SELECT account_id, 'device.missed', '{"kind": "system"}', jsonb_build_object('kind', 'device', 'id', id), id,
                   jsonb_build_object('lastcheckin', iso_time(last_checkin))
            FROM looked WHERE NOT online)
          SELECT count(*)::int AS swept FROM looked`)
        swept = rows[0]?.swept ?? 0
      }
    },
  }
}
