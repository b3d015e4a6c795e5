import { cannotBeTold } from '@mason/contract/ability'
import { deviceKinds } from '@mason/contract/device-kind'
import type { NotificationType } from '@mason/contract/notification'
import type { PlainTarget, Target } from '@mason/contract/target'
import sql, { type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, at } from '../../core/errors.ts'
import { foldedText } from '../../core/filter/compare.ts'
import { filterOfView } from '../../core/filter/view.ts'
import { type Reach, reaches, withinTable } from '../../core/reach.ts'
import { rowsWithin } from '../../core/rows-within.ts'
import { requireGroup } from '../group/service.ts'
import { filter } from './list.ts'

/**
 * Looks at a target before it is used, and the filter of its view up.
 *
 * @throws AppError when the group, the view or one of the devices is not there, or the filter cannot be read.
 */
export async function requireTarget(tx: Db, actor: Actor, target: Target): Promise<PlainTarget> {
  if ('view' in target) {
    const text = await filterOfView(tx, actor, 'device', target.view)
    at('/target/view', () => filter({ filter: text }))
    return { filter: { filter: text } }
  }
  if ('filter' in target) at('/target/filter', () => filter(target.filter))
  if ('group' in target) await requireGroup(tx, actor, target.group)
  if (!('devices' in target)) return target
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT t.id FROM unnest(${target.devices}::uuid[]) AS t (id)
    WHERE NOT EXISTS (SELECT FROM device AS d WHERE d.account_id = ${actor.accountId} AND d.id = t.id ${withinTable(actor, 'device', 'd')})
    LIMIT 1`)
  if (rows[0]) throw new AppError('not_found_error', `There is no device ${rows[0].id}`)
  return target
}

function conditionOf(target: PlainTarget): Sql {
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
  reach: Reach,
  target: PlainTarget,
  { after, limit, createdUntil = 'infinity' }: Stretch,
): Promise<string[]> {
  const { from, condition } = await rowsWithin(db, reach, 'device')
  const { rows } = await db.query<{ id: string }>(sql`
    SELECT id FROM ${from}
    WHERE account_id = ${reach.accountId} AND id > ${after} AND created_at <= ${createdUntil}::timestamptz AND ${conditionOf(target)}
      ${condition}
    ORDER BY id LIMIT ${limit}`)
  return rows.map(({ id }) => id)
}

/** How many devices a target has, where that is known without looking at them. */
export async function knownTotal(tx: Db, reach: Reach, target: PlainTarget): Promise<number | undefined> {
  const { accountId, groups } = reach
  if ('devices' in target) return new Set(target.devices.map((id) => id.toLowerCase())).size
  const counter = counterOf(target)
  if (counter === undefined || (groups !== undefined && counter.kind !== 'group')) return undefined
  if (counter.kind === 'group' && !reaches(reach, counter.key)) return 0
  const { rows } = await tx.query<{ total: number }>(sql`
    SELECT value AS total FROM counter_total
    WHERE account_id = ${accountId} AND kind = ${counter.kind} AND key = ${counter.key}`)
  return rows[0]?.total ?? 0
}

/** Which of the counts of devices, see `sql/device.sql`, is that of a target. */
function counterOf(target: Exclude<PlainTarget, { devices: string[] }>): { kind: string; key: string } | undefined {
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
  reach: Reach,
  target: PlainTarget,
  createdUntil = 'infinity',
): Promise<number> {
  const { from, condition } = await rowsWithin(db, reach, 'device')
  const { rows } = await db.query<{ total: number }>(sql`
    SELECT count(*)::int AS total FROM ${from}
    WHERE account_id = ${reach.accountId} AND created_at <= ${createdUntil}::timestamptz AND ${conditionOf(target)}
      ${condition}`)
  return rows[0]?.total ?? 0
}

/** How many devices of a target are of a kind that cannot do it: only those of such kinds are looked at. */
export async function countUnable(db: Db, reach: Reach, target: PlainTarget, type: NotificationType): Promise<number> {
  const kinds = deviceKinds.filter((kind) => cannotBeTold(kind, type) !== undefined)
  if (kinds.length === 0) return 0
  const { from, condition } = await rowsWithin(db, reach, 'device')
  const { rows } = await db.query<{ total: number }>(sql`
    SELECT count(*)::int AS total FROM ${from}
    WHERE account_id = ${reach.accountId} AND ${foldedText(sql`kind`)} = ANY (${kinds}::text[]) AND ${conditionOf(target)}
      ${condition}`)
  return rows[0]?.total ?? 0
}
