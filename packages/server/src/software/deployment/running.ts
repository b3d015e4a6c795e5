import sql, { type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import type { Task } from '../../core/jobs/queue.ts'

/** The roll-out of one deployment, to be carried on. */
export interface RollOut {
  accountId: string
  id: string
}

/** The task that carries roll-outs on, and how it finds devices by a filter. */
export interface Advance extends Task<RollOut>, Pick<Means, 'matching'> {}

/** How a roll-out is carried on. */
export interface Means {
  /** Queues a command for devices, in the transaction that asks for it, as a part of a batch. */
  command(tx: Db, actor: Actor, deviceIds: string[], type: 'wipe' | 'refresh', batch: string): Promise<void>
  /** The condition on `device` that one matches a filter. @throws AppError when it cannot be read. */
  matching(filter: string): Sql
  /** How many devices a portion has. */
  size: number
}

/** A roll-out that is under way, as it was when a portion began. */
export interface Running {
  /** Null where it is for the devices that match a filter. */
  group_name: string | null
  filter: string | null
  type: string
  name: string
  version: string
  push: boolean
  steps: number[]
  step: number
  period: number
  max_failure_percent: number
  min_success_percent: number
  has_passed: boolean
  is_placed: boolean
  placed_through: string
  is_first_search: boolean
  /** Devices may have come to match the filter since it was last looked for them. */
  is_to_search: boolean
  to_tell: number
  told_through: number
  is_soaked: boolean
  is_timed_out: boolean
  is_too_early: boolean
}

/** Devices that have a row, by state. */
export interface Counts {
  waiting: number
  /** Of those that wait: who joined after the others had been placed. */
  late: number
  told: number
  succeeded: number
  failed: number
  /** Of those that failed: whom nobody has accepted by resuming. */
  failures: number
  /** Of the devices told in this step. */
  told_in_step: number
  succeeded_in_step: number
}

/** Somebody paused, resumed or canceled the roll-out during a portion, which is then undone. */
export class Overtaken extends Error {}

/**
 * Writes how far a roll-out has come: the last that a portion does, because whoever pauses or cancels waits from here on.
 *
 * @throws Overtaken when it is no longer as it was.
 */
export async function updateRunning(
  tx: Db,
  { accountId, id }: RollOut,
  { period }: Running,
  change: Sql,
): Promise<void> {
  const { rowCount } = await tx.query(sql`
    UPDATE deployment SET ${change}
    WHERE account_id = ${accountId} AND id = ${id} AND state = 'running' AND period = ${period}`)
  if (rowCount === 0) throw new Overtaken('the deployment was changed meanwhile')
}

export const system = (accountId: string) => ({ kind: 'system', accountId, id: 'roll-out' }) as const

/**
 * Locks devices, except those that somebody else has locked: nobody waits for them, they take their turn later.
 *
 * @returns those that are locked.
 */
export async function lockFree(tx: Db, accountId: string, devices: string[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(freeOf(accountId, sql`${devices}::uuid[]`))
  return rows.map(({ id }) => id)
}

/** Selects them, and locks them. */
export const freeOf = (accountId: string, devices: Sql): Sql => sql`
  SELECT id FROM device WHERE account_id = ${accountId} AND id = ANY (${devices})
  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`

const patienceMs = 100

/**
 * The same; if all are locked, the first of them is waited for, since most locks are gone in a moment.
 *
 * @throws DatabaseError when this one is not.
 */
export async function lockFreeOrFirst(tx: Db, accountId: string, devices: string[]): Promise<string[]> {
  const free = await lockFree(tx, accountId, devices)
  const [first] = devices
  if (free.length > 0 || first === undefined) return free
  await tx.query(sql`SELECT set_config('lock_timeout', ${String(patienceMs)}, true)`)
  const { rows } = await tx.query<{ id: string }>(
    sql`SELECT id FROM device WHERE account_id = ${accountId} AND id = ${first} FOR NO KEY UPDATE`,
  )
  await tx.query(sql`SELECT set_config('lock_timeout', '0', true)`)
  return rows.map(({ id }) => id)
}

/** Works out what devices are to have, which are locked. */
export async function assign(tx: Db, accountId: string, devices: string[]): Promise<void> {
  if (devices.length === 0) return
  await tx.query(sql`SELECT assign_to_locked(${accountId}, ${devices}::uuid[])`)
}
