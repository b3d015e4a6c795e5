import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { RollOut } from './running.ts'
import { type Running, updateRunning } from './running.ts'

/** The next devices of the group that have no row yet. */
export const nextMembers = (size: number, { accountId }: RollOut, running: Running): Sql => sql`
  SELECT id FROM device
  WHERE account_id = ${accountId} AND group_name = ${running.group_name} AND id > ${running.placed_through}
  ORDER BY id LIMIT ${size}`

/** That these devices have their rows; fewer than a portion are the last. */
export const placedThrough = (members: string[], size: number, { placed_through: before }: Running): Sql =>
  sql`placed_through = ${members.at(-1) ?? before}, is_placed = ${members.length < size}`

/** Fixes the order in which devices are told: like shuffled, and the same whoever works it out. */
export async function place(tx: Db, size: number, rollOut: RollOut, running: Running): Promise<true> {
  // 31 bits of the hash, without the largest number: that is the place of who joins later.
  const { rows } = await tx.query<{ members: string[] }>(sql`
    WITH member AS MATERIALIZED (${nextMembers(size, rollOut, running)}),
    placed AS (
      INSERT INTO deployment_device (account_id, deployment_id, device_id, place)
      SELECT ${rollOut.accountId}, ${rollOut.id}, id,
             least(('x' || left(md5(${rollOut.id} || id::text), 8))::bit(32)::bigint >> 1, 2147483646)
      FROM member
      ON CONFLICT DO NOTHING)
    SELECT ARRAY(SELECT id FROM member ORDER BY id) AS members`)
  await updateRunning(tx, rollOut, running, placedThrough(rows[0]?.members ?? [], size, running))
  return true
}
