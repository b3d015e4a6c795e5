import type { DeviceChange } from '@mason/contract/device'
import sql from 'sql-template-tag'
import { type Actor, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { withinTable } from '../../core/reach.ts'
import type { WakeUps } from '../wake-ups.ts'
import { changeDevices, type Reset } from './change.ts'
import { endConflict } from './conflict.ts'
import { deprovision } from './deprovision.ts'
import { beginErasing } from './erase.ts'
import type { DeviceReader } from './read.ts'

export async function get(readDevice: DeviceReader, actor: Actor, id: string): Promise<string> {
  const document = isUuid(id) ? await readDevice(actor, id) : undefined
  if (document === undefined) throw notFound('device')
  return document
}

/**
 * Moves a device to another group (fleet:move), renames, labels or annotates it or ends its conflict (fleet:manager), or all of
 * these.
 */
export async function change(
  db: Db,
  reset: Reset,
  actor: Actor,
  id: string,
  { conflict, ...wanted }: DeviceChange,
): Promise<string> {
  const { group: _, ...managed } = { ...wanted, ...(conflict !== undefined && { conflict }) }
  if (Object.keys(managed).length > 0) requireScope(actor, 'fleet:manager')
  const key = id.toLowerCase()
  return db.transaction(async (tx) => {
    wasBefore(tx, await lock(tx, actor, id))
    const outcome = (await changeDevices(tx, actor, new Map([[key, wanted]]), { reset })).get(key)
    if (outcome instanceof AppError) throw outcome
    if (conflict === false) await endConflict(tx, actor, id)
    return read(tx, actor, id)
  })
}

/** De-provisions a device: from then on it is known nowhere. An erasure (account:owner) leaves nothing of it. */
export async function remove(db: Db, wakeUps: WakeUps, actor: Actor, id: string, isErasure: boolean): Promise<string> {
  if (isErasure) requireScope(actor, 'account:owner')
  return db.transaction(async (tx) => {
    const document = await lock(tx, actor, id)
    if (isErasure) await beginErasing(tx, actor, id)
    await deprovision(tx, wakeUps, actor, id)
    return document
  })
}

/** Locks a device for a change. @returns its document. */
async function lock(tx: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('device')
  await tx.query(sql`
    SELECT FROM device WHERE account_id = ${actor.accountId} AND id = ${id} ${withinTable(actor, 'device')} FOR UPDATE`)
  return read(tx, actor, id)
}

function read(tx: Db, actor: Actor, id: string): Promise<string> {
  return readOne(tx, actor, 'device', 'device_document', { id })
}
