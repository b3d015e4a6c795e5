import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** The subject of an alert about all devices at once. */
export const platform = 'platform'

/** Devices that are looked at for all of an account: its oldest and its newest. */
const looked = 100
/** Fewer that were heard of within a day say nothing of the platform. */
const leastHeard = 10
/** Without a check-in for so many intervals a device is silent. */
const intervals = 2

/**
 * Whether the platform seems to hear of no device of an account: of those that it heard of in the last day, none is online and has
 * checked in lately. Then it was down, or nobody reaches it. It costs the same for any fleet.
 */
export async function isSilent(tx: Db, accountId: string, checkinSeconds: number): Promise<boolean> {
  const { rows } = await tx.query<{ isSilent: boolean }>(sql`
    SELECT count(*) >= ${leastHeard} AND NOT bool_or(online AND last_checkin >= now() - make_interval(secs => ${intervals * checkinSeconds}))
      AS "isSilent"
    FROM (
      (SELECT device_id, online, last_checkin FROM heartbeat WHERE account_id = ${accountId} ORDER BY device_id LIMIT ${looked})
      UNION
      (SELECT device_id, online, last_checkin FROM heartbeat WHERE account_id = ${accountId} ORDER BY device_id DESC LIMIT ${looked})) AS heartbeats
    WHERE last_checkin >= now() - interval '1 day'`)
  return rows[0]?.isSilent === true
}
