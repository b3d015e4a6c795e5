import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { RollOut } from './running.ts'
import { assign, lockFreeOrFirst } from './running.ts'

interface Withdrawal {
  withdrawn_through: string
  held_up: string[]
}

/**
 * Takes a canceled deployment out of what the next devices are to have, except of those that have it. Devices that somebody else has
 * locked are noted, and take their turn with each portion to come.
 *
 * @returns whether there is more to do now.
 */
export async function withdraw(tx: Db, size: number, { accountId, id }: RollOut): Promise<boolean> {
  // Stronger than what a pause takes: devices that join while it is canceled are waited for, and then seen.
  const { rows } = await tx.query<Withdrawal>(sql`
    SELECT withdrawn_through, held_up FROM deployment
    WHERE account_id = ${accountId} AND id = ${id} AND to_withdraw FOR UPDATE`)
  const [withdrawal] = rows
  if (!withdrawal) return false
  const { withdrawn_through: before, held_up: heldUp } = withdrawal
  const room = size - heldUp.length
  const { rows: page } = await tx.query<{ device_id: string; state: string }>(sql`
    SELECT device_id, state FROM deployment_device
    WHERE account_id = ${accountId} AND deployment_id = ${id} AND device_id > ${before}
    ORDER BY device_id LIMIT ${room}`)
  const offered = page.filter(({ state }) => state === 'told' || state === 'failed')
  const devices = [...heldUp, ...offered.map(({ device_id: device }) => device)]
  const free = await lockFreeOrFirst(tx, accountId, devices)
  await assign(tx, accountId, free)
  const { rows: present } = await tx.query<{ id: string }>(
    sql`SELECT id FROM device WHERE account_id = ${accountId} AND id = ANY (${devices}::uuid[])`,
  )
  const isFree = new Set(free)
  const left = present.map((device) => device.id).filter((device) => !isFree.has(device))
  const isMore = page.length === room
  await tx.query(sql`
    UPDATE deployment SET withdrawn_through = ${page.at(-1)?.device_id ?? before}, held_up = ${left}::uuid[],
      to_withdraw = ${isMore || left.length > 0}
    WHERE account_id = ${accountId} AND id = ${id}`)
  return isMore ? page.length > 0 || free.length > 0 : left.length > 0 && free.length > 0
}
