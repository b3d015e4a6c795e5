import type { PageQuery } from '@mason/contract/common'
import { type GroupChange, type NewGroup, unassigned } from '@mason/contract/group'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { inGroups, type Reach, reaches } from '../../core/reach.ts'
import { forget } from './forget.ts'

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'group_document', key: 'name', keyType: 'text', reach: actor }, query)
}

export function get(db: Db, actor: Actor, name: string): Promise<string> {
  return readOne(db, actor, 'group', 'group_document', { name })
}

export async function create(db: Db, actor: Actor, { name, description = '' }: NewGroup): Promise<string> {
  await forget(db, actor.accountId, name)
  return db.transaction(async (tx) => {
    await tx.query(sql`
      INSERT INTO device_group (account_id, name, description) VALUES (${actor.accountId}, ${name}, ${description})`)
    await record(tx, actor, { type: 'group.created', subject: { kind: 'group', id: name } })
    return get(tx, actor, name)
  })
}

export async function describe(db: Db, actor: Actor, name: string, { description }: GroupChange): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.query(sql`
      SELECT FROM device_group AS g
      WHERE account_id = ${actor.accountId} AND name = ${name} ${inGroups(actor, sql`g.name`)} FOR NO KEY UPDATE`)
    wasBefore(tx, await get(tx, actor, name))
    await tx.query(sql`
      UPDATE device_group SET description = ${description} WHERE account_id = ${actor.accountId} AND name = ${name}`)
    const document = await get(tx, actor, name)
    await record(tx, actor, { type: 'group.updated', subject: { kind: 'group', id: name }, data: { description } })
    return document
  })
}

/** Deletes a group that holds no devices; a device that is on its way in keeps it. */
export async function remove(db: Db, actor: Actor, name: string): Promise<string> {
  const removed = await db.transaction(async (tx) => {
    await tx.query(sql`
      SELECT FROM device_group AS g
      WHERE account_id = ${actor.accountId} AND name = ${name} ${inGroups(actor, sql`g.name`)} FOR UPDATE`)
    const document = await get(tx, actor, name)
    if (name === unassigned) throw new AppError('conflict_error', 'The group unassigned cannot be deleted')
    if (await holdsDevices(tx, actor.accountId, name))
      throw new AppError('conflict_error', `The group ${name} holds devices: move them first`)
    await tx.query(sql`DELETE FROM device_group WHERE account_id = ${actor.accountId} AND name = ${name}`)
    await record(tx, actor, { type: 'group.deleted', subject: { kind: 'group', id: name } })
    return document
  })
  await forget(db, actor.accountId, name)
  return removed
}

/** @throws AppError when there is no such group within the reach. */
export async function requireGroup(db: Db, reach: Reach, name: string): Promise<void> {
  const { rowCount } = await db.query(sql`
    SELECT FROM device_group AS g WHERE account_id = ${reach.accountId} AND name = ${name} ${inGroups(reach, sql`g.name`)}`)
  if (rowCount === 0) throw noGroup(name)
}

/** What is said of a group that is not there, and of one that is out of reach. */
export const noGroup = (name: string) => new AppError('not_found_error', `There is no group ${JSON.stringify(name)}`)

async function holdsDevices(db: Db, accountId: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ holds: boolean }>(
    sql`SELECT EXISTS (SELECT FROM device WHERE account_id = ${accountId} AND group_name = ${name}) AS holds`,
  )
  return rows[0]?.holds === true
}

/**
 * Makes room for a device of this family in a group, and holds the group until the transaction ends: it cannot vanish or
 * take another family meanwhile.
 *
 * @throws AppError when there is no such group within the reach, or it holds devices of another family.
 */
export async function admit(tx: Db, reach: Reach, name: string, family: string): Promise<void> {
  const { accountId } = reach
  if (!reaches(reach, name)) throw noGroup(name)
  if (name === unassigned) return
  const find = async (lock: Sql) => {
    const { rows } = await tx.query<{ family: string | null }>(
      sql`SELECT family FROM device_group WHERE account_id = ${accountId} AND name = ${name} ${lock}`,
    )
    if (!rows[0]) throw noGroup(name)
    return rows[0].family
  }
  // Devices of the group's own family come in side by side; a first or foreign one takes the whole group. Looking before
  // locking spares the step from the shared to the full lock, over which two transactions would deadlock.
  const isKnown = (await find(empty)) === family
  if (isKnown && (await find(sql`FOR SHARE`)) === family) return
  const known = await find(sql`FOR UPDATE`)
  if (known === family) return
  if (known !== null && (await holdsDevices(tx, accountId, name)))
    throw new AppError(
      'conflict_error',
      `The group ${name} holds devices of the family ${known}, and this one is of the family ${family}`,
    )
  await tx.query(sql`UPDATE device_group SET family = ${family} WHERE account_id = ${accountId} AND name = ${name}`)
}
