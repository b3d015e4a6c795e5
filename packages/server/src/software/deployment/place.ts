import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { RollOut } from './running.ts'
import { type Running, updateRunning } from './running.ts'

/** The next devices of the group that have no row yet. */
export async function nextMembers(tx: Db, size: number, { accountId }: RollOut, running: Running): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT id FROM device
    WHERE account_id = ${accountId} AND group_name = ${running.group_name} AND id > ${running.placed_through}
    ORDER BY id LIMIT ${size}`)
  return rows.map(({ id }) => id)
}

/** That these devices have their rows; fewer than a portion are the last. */
export const placedThrough = (members: string[], size: number, { placed_through: before }: Running): Sql =>
  sql`placed_through = ${members.at(-1) ?? before}, is_placed = ${members.length < size}`

/** Fixes the order in which devices are told: like shuffled, and the same whoever works it out. */
export async function place(tx: Db, size: number, rollOut: RollOut, running: Running): Promise<true> {
  const members = await nextMembers(tx, size, rollOut, running)
  // 31 bits of the hash, without the largest number: that is the place of who joins later.
  await tx.query(sql`
    INSERT INTO deployment_device (account_id, deployment_id, device_id, place)
    SELECT ${rollOut.accountId}, ${rollOut.id}, id,
           least(('x' || left(md5(${rollOut.id} || id::text), 8))::bit(32)::bigint >> 1, 2147483646)
    FROM unnest(${members}::uuid[]) AS t (id)
    ON CONFLICT DO NOTHING`)
  await updateRunning(tx, rollOut, running, placedThrough(members, size, running))
  return true
}
