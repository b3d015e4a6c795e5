import type { DeviceChange } from '@mason/contract/device'
import { unassigned } from '@mason/contract/group'
import sql from 'sql-template-tag'
import { type Actor, requireScope } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { ofDevice, record } from '../../core/event/record.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { projectOf } from '../../software/deployment/service.ts'
import { admit } from '../group/service.ts'
import type { WakeUps } from '../wake-ups.ts'
import { endConflict } from './conflict.ts'
import { deprovision } from './deprovision.ts'
import type { DeviceReader } from './read.ts'

export async function get(readDevice: DeviceReader, actor: Actor, id: string): Promise<string> {
  const document = isUuid(id) ? await readDevice(actor.accountId, id) : undefined
  if (document === undefined) throw notFound('device')
  return document
}

interface Locked {
  name: string
  family: string
  group_name: string
}

/** Locks a device for a change. */
async function lock(tx: Db, actor: Actor, id: string): Promise<Locked> {
  if (!isUuid(id)) throw notFound('device')
  const { rows } = await tx.query<Locked>(
    sql`SELECT name, family, group_name FROM device WHERE account_id = ${actor.accountId} AND id = ${id} FOR UPDATE`,
  )
  if (!rows[0]) throw notFound('device')
  return rows[0]
}

/** Queues the reset of a device, in the transaction that asks for it. */
export type Reset = (tx: Db, actor: Actor, deviceId: string) => Promise<void>

/**
 * Renames a device or ends its conflict (fleet:manager), moves it to another group (fleet:move), or all of these. A move to `unassigned`, or to a
 * group with another project, resets the device (docs/contract.md §5).
 */
export async function change(
  db: Db,
  reset: Reset,
  actor: Actor,
  id: string,
  { name, group, conflict }: DeviceChange,
): Promise<string> {
  if (name !== undefined || conflict !== undefined) requireScope(actor, 'fleet:manager')
  return db.transaction(async (tx) => {
    const device = await lock(tx, actor, id)
    const isMove = group !== undefined && group !== device.group_name
    const isRename = name !== undefined && name !== device.name
    if (isMove) await admit(tx, actor.accountId, group, device.family)
    await tx.query(sql`
      UPDATE device SET name = coalesce(${name ?? null}, name), group_name = coalesce(${group ?? null}, group_name)
      WHERE account_id = ${actor.accountId} AND id = ${id}`)
    if (conflict === false) await endConflict(tx, actor, id)
    if (isRename) await record(tx, actor, ofDevice('renamed', id, { from: device.name, to: name }))
    if (isMove) await record(tx, actor, ofDevice('moved', id, { from: device.group_name, to: group }))
    if (isMove && (await isResetByMove(tx, actor, device.group_name, group))) await reset(tx, actor, id)
    return read(tx, actor, id)
  })
}

/** A device that has a project keeps nothing of it in a group that has another. */
async function isResetByMove(tx: Db, { accountId }: Actor, from: string, to: string): Promise<boolean> {
  if (to === unassigned) return true
  const before = await projectOf(tx, accountId, from)
  return before !== undefined && before !== (await projectOf(tx, accountId, to))
}

/** De-provisions a device: from then on it is known nowhere. */
export async function remove(db: Db, wakeUps: WakeUps, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await lock(tx, actor, id)
    const document = await read(tx, actor, id)
    await deprovision(tx, wakeUps, actor, id)
    return document
  })
}

function read(tx: Db, actor: Actor, id: string): Promise<string> {
  return readOne(tx, actor, 'device', 'device_document', { id })
}
