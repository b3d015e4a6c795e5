import sql, { empty, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { type Means, type RollOut, type Running, updateRunning } from './running.ts'

/**
 * The next devices that may have no row yet as `seen`, and of them those that the deployment is for as `member`: those of the group, or
 * those of the fleet that match the filter.
 */
export const nextMembers = ({ size, matching }: Means, rollOut: RollOut, running: Running): Sql =>
  running.filter === null
    ? nextOfGroup(size, rollOut, running)
    : nextOfFilter(size, rollOut, running, matching(running.filter))

const nextOfGroup = (size: number, { accountId }: RollOut, running: Running): Sql => sql`
  seen AS MATERIALIZED (
    SELECT id, kind FROM device
    WHERE account_id = ${accountId} AND group_name = ${running.group_name} AND id > ${running.placed_through}
    ORDER BY id LIMIT ${size}),
  member AS MATERIALIZED (SELECT id, kind FROM seen)`

/** However few match, a portion looks at no more devices than this. One that is being removed is left out. */
const nextOfFilter = (size: number, { accountId, id }: RollOut, running: Running, matching: Sql): Sql => sql`
  seen AS MATERIALIZED (
    SELECT id FROM device WHERE account_id = ${accountId} AND id > ${running.placed_through} ORDER BY id LIMIT ${size}),
  member AS MATERIALIZED (
    SELECT id, kind FROM device
    WHERE account_id = ${accountId} AND id = ANY (ARRAY(SELECT id FROM seen)) AND ${matching}
      -- Not as NOT EXISTS, which may go through all rows of the deployment for each device.
      AND (SELECT true FROM deployment_device AS r
           WHERE r.account_id = ${accountId} AND r.deployment_id = ${id} AND r.device_id = device.id) IS NULL
    ORDER BY id FOR KEY SHARE OF device SKIP LOCKED)`

/** That these devices have their rows, if it is for them; fewer than a portion are the last. */
export const placedThrough = (seen: string[], size: number, { placed_through: before }: Running): Sql => {
  const isPlaced = seen.length < size
  const searched = isPlaced ? sql`, search_ended_at = clock_timestamp()` : empty
  return sql`placed_through = ${seen.at(-1) ?? before}, is_placed = ${isPlaced} ${searched}`
}

/** That it is looked once more for devices that match. */
export const searchAgain = sql`
  placed_through = '00000000-0000-0000-0000-000000000000', is_placed = false, is_first_search = false, search_began_at = clock_timestamp()`

/** A minute after the last search and, where that took long, so much later that searching takes a tenth of the time. */
export const isToSearch = sql`
  (filter IS NOT NULL AND is_placed AND search_ended_at + greatest(interval '1 minute', 9 * (search_ended_at - search_began_at)) <= now())
    IS TRUE`

/** Fixes the order in which devices are told: like shuffled, and the same whoever works it out. Who comes to match later is the last. */
export async function place(tx: Db, means: Means, rollOut: RollOut, running: Running): Promise<true> {
  // 31 bits of the hash, without the largest number: that is the place of who joins later.
  const { rows } = await tx.query<{ seen: string[] }>(sql`
    WITH ${nextMembers(means, rollOut, running)},
    placed AS (
      INSERT INTO deployment_device (account_id, deployment_id, device_id, place, state)
      SELECT ${rollOut.accountId}, ${rollOut.id}, id,
             CASE WHEN ${running.is_first_search}
                  THEN least(('x' || left(md5(${rollOut.id} || id::text), 8))::bit(32)::bigint >> 1, 2147483646) ELSE 2147483647 END,
             CASE WHEN can_be_given(kind, ${running.type}) THEN 'waiting' ELSE 'unsupported' END
      FROM member
      ON CONFLICT DO NOTHING)
    SELECT ARRAY(SELECT id FROM seen ORDER BY id) AS seen`)
  await updateRunning(tx, rollOut, running, placedThrough(rows[0]?.seen ?? [], means.size, running))
  return true
}
