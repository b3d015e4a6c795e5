import { maxMarkers } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { lock, named, read } from './service.ts'

interface Current {
  value: string
  /** Whether it counts from today: it has not counted on any day that is over. */
  is_of_today: boolean
}

/** Marks a SIM from today on. */
export async function put(db: Db, actor: Actor, path: string, key: string, value: string): Promise<string> {
  const iccid = named(path)
  return db.transaction(async (tx) => {
    await lock(tx, actor, iccid)
    const current = await find(tx, actor, iccid, key)
    if (current?.value === value) return read(tx, actor, iccid)
    if (!current && (await count(tx, actor, iccid)) >= maxMarkers)
      throw new AppError('conflict_error', `The SIM has ${maxMarkers} markers already`)
    if (current) await end(tx, actor, iccid, key, current)
    await tx.query(sql`
      INSERT INTO sim_marker (account_id, iccid, key, value, from_day)
      VALUES (${actor.accountId}, ${iccid}, ${key}, ${value}, utc_day(clock_timestamp()))`)
    return read(tx, actor, iccid)
  })
}

/** Removes a marker: yesterday was its last day. */
export async function remove(db: Db, actor: Actor, path: string, key: string): Promise<string> {
  const iccid = named(path)
  return db.transaction(async (tx) => {
    await lock(tx, actor, iccid)
    const current = await find(tx, actor, iccid, key)
    if (!current) throw notFound('marker')
    await end(tx, actor, iccid, key, current)
    return read(tx, actor, iccid)
  })
}

/** The day is read after the SIM is locked: a transaction that waited over midnight must not write into yesterday. */
async function find(tx: Db, { accountId }: Actor, iccid: string, key: string): Promise<Current | undefined> {
  const { rows } = await tx.query<Current>(sql`
    SELECT value, from_day >= utc_day(clock_timestamp()) AS is_of_today FROM sim_marker
    WHERE account_id = ${accountId} AND iccid = ${iccid} AND key = ${key} AND until_day = 'infinity'`)
  return rows[0]
}

async function end(tx: Db, { accountId }: Actor, iccid: string, key: string, { is_of_today }: Current): Promise<void> {
  const current = sql`account_id = ${accountId} AND iccid = ${iccid} AND key = ${key} AND until_day = 'infinity'`
  await tx.query(
    is_of_today
      ? sql`DELETE FROM sim_marker WHERE ${current}`
      : sql`UPDATE sim_marker SET until_day = utc_day(clock_timestamp()) WHERE ${current}`,
  )
}

async function count(tx: Db, { accountId }: Actor, iccid: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(sql`
    SELECT count(*) FROM sim_marker WHERE account_id = ${accountId} AND iccid = ${iccid} AND until_day = 'infinity'`)
  return rows[0]?.count ?? 0
}
