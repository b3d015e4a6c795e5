import type { DeviceChange } from '@mason/contract/device'
import sql from 'sql-template-tag'
import { type Actor, requireScope } from '../actor.ts'
import type { Db } from '../db/database.ts'
import type { HotReads } from '../db/hot.ts'
import { notFound } from '../errors.ts'
import { admit } from '../group/service.ts'
import { isUuid } from '../http/validation.ts'

/** Reads a device's document over the pipelined connection: the hottest read there is. */
export async function get(hot: HotReads, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('device')
  const [row] = await hot.query<{ document: string }>({
    name: 'device',
    text: 'SELECT document FROM device_document WHERE account_id = $1 AND id = $2',
    values: [actor.accountId, id],
  })
  if (!row) throw notFound('device')
  return row.document
}

/** Locks a device for a change. */
async function lock(tx: Db, actor: Actor, id: string): Promise<{ family: string; group_name: string }> {
  if (!isUuid(id)) throw notFound('device')
  const { rows } = await tx.query<{ family: string; group_name: string }>(
    sql`SELECT family, group_name FROM device WHERE account_id = ${actor.accountId} AND id = ${id} FOR UPDATE`,
  )
  if (!rows[0]) throw notFound('device')
  return rows[0]
}

/** Renames a device (fleet:manager), moves it to another group (fleet:move), or both. */
export async function change(db: Db, actor: Actor, id: string, { name, group }: DeviceChange): Promise<string> {
  if (name !== undefined) requireScope(actor, 'fleet:manager')
  return db.transaction(async (tx) => {
    const device = await lock(tx, actor, id)
    if (group !== undefined && group !== device.group_name) await admit(tx, actor.accountId, group, device.family)
    await tx.query(sql`
      UPDATE device SET name = coalesce(${name ?? null}, name), group_name = coalesce(${group ?? null}, group_name)
      WHERE account_id = ${actor.accountId} AND id = ${id}`)
    return read(tx, actor, id)
  })
}

/** De-provisions a device: it and all that is kept of it is gone, and its credential with it. */
export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await lock(tx, actor, id)
    const document = await read(tx, actor, id)
    await tx.query(sql`DELETE FROM device_location WHERE account_id = ${actor.accountId} AND device_id = ${id}`)
    await tx.query(sql`DELETE FROM device WHERE account_id = ${actor.accountId} AND id = ${id}`)
    return document
  })
}

async function read(tx: Db, actor: Actor, id: string): Promise<string> {
  const { rows } = await tx.query<{ document: string }>(
    sql`SELECT document FROM device_document WHERE account_id = ${actor.accountId} AND id = ${id}`,
  )
  if (!rows[0]) throw notFound('device')
  return rows[0].document
}
