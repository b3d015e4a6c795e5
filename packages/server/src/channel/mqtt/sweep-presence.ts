import sql from 'sql-template-tag'
import { NIL } from 'uuid'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { gatewaySilenceSeconds, upForSeconds } from './presence.ts'

const missedCheckins = 3
/** Heartbeats that one transaction reads. */
const stretch = 1_000
/** Devices that one transaction marks: each is in many indexes and counts. */
export const markedAtOnce = 200
/** Stretches without many silent devices in one run: a walk past 1,000,000 devices takes 100 s. */
const stretchesInRun = 100

/** A walk past all heartbeats in the order of their keys. */
interface Walk {
  accountId: string
  deviceId: string
  /** The earliest check-in of a device that is not silent, or the beginning of the walk, whichever was earlier. */
  heardSince: Date | undefined
}

const start: Walk = { accountId: NIL, deviceId: NIL, heardSince: undefined }

/**
 * Marks devices offline that missed three check-ins and have no live connection. What they could not do while the platform
 * was down, they have not missed: after a start they have three intervals. It reads the heartbeats by turns, and locks only
 * those of devices that have fallen silent; what somebody else has locked it leaves to the next walk.
 */
export function sweepPresence(checkinSeconds: number): PeriodicJob {
  const silenceSeconds = missedCheckins * checkinSeconds
  let walk = start
  let stretches = 0
  return {
    name: 'sweep-presence',
    everyMs: Math.min(10_000, checkinSeconds * 500),
    run: async (db) => {
      const upFor = await upForSeconds(db)
      if (upFor === undefined) return false
      await db.query(sql`DELETE FROM gateway WHERE seen_at < now() - make_interval(secs => ${gatewaySilenceSeconds})`)
      if (upFor <= silenceSeconds) return false
      const { swept, ...next } = await sweepStretch(db, walk, silenceSeconds)
      walk = next.isOver ? start : next
      if (next.isOver) await db.query(sql`UPDATE presence_sweep SET heard_since = ${next.heardSince}`)
      stretches = next.isOver ? 0 : (stretches + (swept === markedAtOnce ? 0 : 1)) % stretchesInRun
      return !next.isOver && (swept === markedAtOnce || stretches > 0)
    },
  }
}

interface Swept {
  looked: number
  swept: number
  heard_since: Date
  account_id: string | null
  device_id: string | null
}

async function sweepStretch(
  db: Db,
  walk: Walk,
  silenceSeconds: number,
): Promise<Walk & { swept: number; isOver: boolean }> {
  const silentBefore = sql`now() - make_interval(secs => ${silenceSeconds})`
  const { rows } = await db.query<Swept>(sql`
    WITH stretch AS MATERIALIZED (
      SELECT account_id, device_id, online, last_checkin, silent_since FROM heartbeat
      WHERE (account_id, device_id) > (${walk.accountId}::uuid, ${walk.deviceId}::uuid)
      ORDER BY account_id, device_id LIMIT ${stretch}),
    due AS MATERIALIZED (
      SELECT h.account_id, h.device_id, h.last_checkin, g.id IS NOT NULL AS is_connected
      FROM stretch AS s
      JOIN heartbeat AS h ON h.account_id = s.account_id AND h.device_id = s.device_id
      JOIN device AS d ON d.account_id = h.account_id AND d.id = h.device_id
      LEFT JOIN gateway AS g ON g.id = d.gateway
      WHERE s.online AND s.last_checkin < ${silentBefore}
        AND h.online AND h.last_checkin < ${silentBefore} AND (h.silent_since IS NULL OR g.id IS NULL)
      ORDER BY h.account_id, h.device_id LIMIT ${markedAtOnce} FOR NO KEY UPDATE OF h, d SKIP LOCKED),
    silent AS (
      UPDATE heartbeat AS h SET silent_since = h.last_checkin
      FROM due WHERE due.is_connected AND h.account_id = due.account_id AND h.device_id = due.device_id),
    missed AS (
      UPDATE device AS d SET online = false, gateway = NULL
      FROM due WHERE NOT due.is_connected AND d.account_id = due.account_id AND d.id = due.device_id
      RETURNING d.account_id, d.id, due.last_checkin),
    recorded AS (
      SELECT record_events(
        array_agg(ROW(account_id, 'device.missed', '{"kind": "system"}', jsonb_build_object('kind', 'device', 'id', id), id,
                      jsonb_build_object('lastcheckin', iso_time(last_checkin)))::new_event))
      FROM missed),
    counted AS (SELECT (SELECT count(*) FROM stretch)::int AS looked, (SELECT count(*) FROM due)::int AS swept FROM recorded),
    heard AS (
      SELECT least(min(last_checkin), coalesce(${walk.heardSince ?? null}, now())) AS since
      FROM stretch
      -- Not as NOT EXISTS, which may go through all that are due for each that is not.
      WHERE silent_since IS NULL AND (account_id, device_id) NOT IN (SELECT account_id, device_id FROM due))
    SELECT counted.looked, counted.swept, heard.since AS heard_since, last.account_id, last.device_id
    FROM counted CROSS JOIN heard LEFT JOIN LATERAL (
      SELECT account_id, device_id FROM due WHERE counted.swept = ${markedAtOnce}
      UNION ALL SELECT account_id, device_id FROM stretch WHERE counted.swept < ${markedAtOnce}
      ORDER BY account_id DESC, device_id DESC LIMIT 1) AS last ON true`)
  const [row] = rows
  if (!row) throw new Error('a count has one row')
  const { looked, swept, heard_since: heardSince, account_id: accountId, device_id: deviceId } = row
  return {
    accountId: accountId ?? walk.accountId,
    deviceId: deviceId ?? walk.deviceId,
    heardSince,
    swept,
    isOver: looked < stretch && swept < markedAtOnce,
  }
}
