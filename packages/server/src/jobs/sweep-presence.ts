import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

const missedCheckins = 3
const batch = 5_000
/** A gateway that has not renewed its row for so long is gone, and its connections with it. */
const gatewaySilenceSeconds = 30

/**
 * Marks devices offline that missed three check-ins and have no live connection. It looks at each device about once per
 * three check-ins, when it is due, and moves its mark: check-ins themselves touch no index.
 */
export function sweepPresence(checkinSeconds: number): PeriodicJob {
  const silence = `${missedCheckins * checkinSeconds} seconds`
  return {
    name: 'sweep-presence',
    everyMs: Math.min(10_000, checkinSeconds * 500),
    run: async (db) => {
      await db.query(sql`DELETE FROM gateway WHERE seen_at < now() - make_interval(secs => ${gatewaySilenceSeconds})`)
      for (let swept = batch; swept === batch; ) {
        const { rows } = await db.query<{ swept: number }>(sql`
          WITH due AS (SELECT account_id, id FROM device
                       WHERE online AND presence_due < now()
                       ORDER BY presence_due LIMIT ${batch} FOR UPDATE SKIP LOCKED),
          looked AS (
            UPDATE device AS d SET
              presence_mark = d.last_checkin,
              presence_due = CASE WHEN d.gateway IN (SELECT id FROM gateway) THEN now() ELSE d.last_checkin END + ${silence}::interval,
              online = d.last_checkin >= now() - ${silence}::interval OR d.gateway IN (SELECT id FROM gateway) IS TRUE,
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
