import type { Target } from '@mason/contract/notification'
import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { filter } from '../device/list.ts'

/** @throws AppError when the group or one of the devices is not there. */
export async function requireTarget(tx: Db, accountId: string, target: Target): Promise<void> {
  if ('group' in target) {
    const { rowCount } = await tx.query(
      sql`SELECT FROM device_group WHERE account_id = ${accountId} AND name = ${target.group}`,
    )
    if (rowCount === 0) throw new AppError('not_found_error', `There is no group ${JSON.stringify(target.group)}`)
  }
  if (!('devices' in target)) return
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT t.id FROM unnest(${target.devices}::uuid[]) AS t (id)
    WHERE NOT EXISTS (SELECT FROM device AS d WHERE d.account_id = ${accountId} AND d.id = t.id) LIMIT 1`)
  if (rows[0]) throw new AppError('not_found_error', `There is no device ${rows[0].id}`)
}

function conditionOf(target: Target): Sql {
  if ('group' in target) return sql`group_name = ${target.group}`
  if ('filter' in target) return sql`true ${filter(target.filter)}`
  return sql`id = ANY (${target.devices}::uuid[])`
}

interface Stretch {
  /** The device before the first, in the order of ids. */
  after: string
  limit: number
  /** Devices that came later are not among them. */
  createdUntil?: string
}

/** The next devices of a target. */
export async function findDevices(
  db: Db,
  accountId: string,
  target: Target,
  { after, limit, createdUntil = 'infinity' }: Stretch,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(sql`
    SELECT id FROM device
    WHERE account_id = ${accountId} AND id > ${after} AND created_at <= ${createdUntil}::timestamptz AND ${conditionOf(target)}
    ORDER BY id LIMIT ${limit}`)
  return rows.map(({ id }) => id)
}

/** How many devices a target has, where that is known without looking at them. */
export async function knownTotal(tx: Db, accountId: string, target: Target): Promise<number | undefined> {
  if ('devices' in target) return new Set(target.devices.map((id) => id.toLowerCase())).size
  const counter = counterOf(target)
  if (counter === undefined) return undefined
  const { rows } = await tx.query<{ total: number }>(sql`
    SELECT value AS total FROM counter_total
    WHERE account_id = ${accountId} AND kind = ${counter.kind} AND key = ${counter.key}`)
  return rows[0]?.total ?? 0
}

/** Which of the counts of devices, see `sql/device.sql`, is that of a target. */
function counterOf(target: Exclude<Target, { devices: string[] }>): { kind: string; key: string } | undefined {
  if ('group' in target) return { kind: 'group', key: target.group }
  const [first, ...others] = Object.entries(target.filter).filter(([, value]) => value !== undefined)
  if (first === undefined) return { kind: 'devices', key: '' }
  const [name, value] = first
  if (others.length > 0) return undefined
  if (name === 'group' || name === 'family') return { kind: name, key: String(value) }
  if ((name === 'online' || name === 'outOfDate') && value === true) return { kind: name, key: '' }
  return undefined
}

/** How many devices a target has. Where no count is kept, all of them are looked at. */
export async function countDevices(
  db: Db,
  accountId: string,
  target: Target,
  createdUntil = 'infinity',
): Promise<number> {
  const { rows } = await db.query<{ total: number }>(sql`
    SELECT count(*)::int AS total FROM device
    WHERE account_id = ${accountId} AND created_at <= ${createdUntil}::timestamptz AND ${conditionOf(target)}`)
  return rows[0]?.total ?? 0
}
