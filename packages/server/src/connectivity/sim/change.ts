import { type CarrierTypeName, carrierKind } from '@mason/contract/carrier-type'
import { endsInLuhnDigit, readImei } from '@mason/contract/identifiers'
import type { MarkerChanges } from '@mason/contract/job'
import type { SimChange, SimState } from '@mason/contract/sim'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Author } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { withinTable } from '../../core/reach.ts'
import { changeMarkers, findSteps } from './marker.ts'
import { mayMove, moveState } from './move.ts'
import { type Before, recordChanges } from './record-changes.ts'
import { settingsIn, tellCarriers } from './tell-carriers.ts'

/** What is to become of SIMs. */
export type Change = SimChange & { markers?: MarkerChanges }

/** What became of each. */
export type Changed = ReadonlyMap<string, 'done' | 'locked' | AppError>

interface Locked extends Before {
  state: SimState
  pendingState: SimState | null
  /** The type of its connection. */
  type: CarrierTypeName | null
}

/** Locks SIMs for a change, in the order of their ICCIDs, as everybody locks several. */
export async function lock(tx: Db, author: Author, iccids: readonly string[], skipLocked = false): Promise<Locked[]> {
  const { rows } = await tx.query<Locked>(sql`
    SELECT iccid, state, pending_state AS "pendingState", name, imei_lock AS "imeiLock", device_id AS "deviceId",
      CASE WHEN data_limit_bytes IS NOT NULL THEN json_build_object('bytes', data_limit_bytes, 'action', data_limit_action) END
        AS "dataLimit",
      (SELECT type FROM carrier AS c WHERE c.account_id = sim.account_id AND c.name = sim.carrier) AS type
    FROM sim
    WHERE account_id = ${author.accountId} AND iccid = ANY (${iccids}) ${withinTable(author, 'sim')}
    ORDER BY iccid FOR UPDATE ${skipLocked ? sql`SKIP LOCKED` : empty}`)
  return rows
}

/** A mistyped IMEI would lock the SIM out of the device that it is in. @throws AppError for one. */
export function withImei<Of extends Change>(change: Of, place = ''): Of {
  if (!change.imeiLock) return change
  const imei = readImei(change.imeiLock)
  if (imei !== undefined && !endsInLuhnDigit(imei)) throw invalid(`${place}/imeiLock`, 'has a wrong check digit')
  return { ...change, ...(imei !== undefined && { imeiLock: imei }) }
}

/**
 * Changes SIMs, all in the same way; a state is asked of their carriers. One that is refused stays as it is, and holds up no
 * other.
 *
 * @param job that it is part of, which leaves SIMs alone that somebody has locked.
 */
export async function changeSims(
  tx: Db,
  author: Author,
  iccids: readonly string[],
  { state, markers = {}, ...members }: Change,
  job?: string,
): Promise<Changed> {
  const skipLocked = job !== undefined
  const outcomes = new Map<string, 'done' | 'locked' | AppError>()
  const locked = await lock(tx, author, iccids, skipLocked)
  const steps = await findSteps(
    tx,
    author,
    locked.map(({ iccid }) => iccid),
    markers,
  )
  for (const [index, sim] of locked.entries())
    outcomes.set(sim.iccid, (state && refusalOf(sim, state)) ?? steps[index]?.refusal ?? 'done')
  const done = [...outcomes].flatMap(([iccid, outcome]) => (outcome === 'done' ? [iccid] : []))
  await write(tx, author, done, [...assignments(members)])
  await tellCarriers(tx, author, done, settingsIn(members))
  const isDone = ({ iccid }: { iccid: string }) => outcomes.get(iccid) === 'done'
  const marked = steps.filter(isDone)
  await changeMarkers(tx, author, marked)
  await recordChanges(tx, author, locked.filter(isDone), { members, markers: marked, job })
  if (state !== undefined && done.length > 0) {
    await moveState(tx, author, done, state, { job })
    await leaveToPerson(tx, author, done)
  }
  const rest = iccids.filter((iccid) => !outcomes.has(iccid))
  const there = skipLocked ? await among(tx, author, rest) : new Set()
  for (const iccid of rest) outcomes.set(iccid, there.has(iccid) ? 'locked' : notFound('SIM'))
  return outcomes
}

const abilityFor = { active: 'activate', suspended: 'suspend', deactivated: 'deactivate', ready: undefined } as const

function refusalOf({ state: current, pendingState, type }: Locked, state: SimState): AppError | undefined {
  const aim = pendingState ?? current
  const ability = abilityFor[state]
  const limitation = type && ability && aim !== state ? carrierKind(type).limitations[ability] : undefined
  if (limitation !== undefined) return new AppError('conflict_error', limitation)
  if (mayMove(aim, state)) return undefined
  const words = `A SIM that is ${pendingState ? 'to be ' : ''}${aim} cannot become ${state}`
  return new AppError('conflict_error', words)
}

function* assignments({ name, imeiLock, dataLimit }: SimChange): Generator<Sql> {
  if (name !== undefined) yield sql`name = ${name}`
  if (imeiLock !== undefined) yield sql`imei_lock = ${imeiLock}`
  if (dataLimit !== undefined)
    yield sql`data_limit_bytes = ${dataLimit?.bytes ?? null}, data_limit_action = ${dataLimit?.action ?? null}`
}

async function write(tx: Db, { accountId }: Author, iccids: readonly string[], changes: Sql[]): Promise<void> {
  if (iccids.length === 0 || changes.length === 0) return
  await tx.query(sql`UPDATE sim SET ${join(changes)} WHERE account_id = ${accountId} AND iccid = ANY (${iccids})`)
}

/** A person has decided about a SIM's state: its limit has no say in it until it is reached again. */
async function leaveToPerson(tx: Db, { accountId }: Author, iccids: readonly string[]): Promise<void> {
  await tx.query(sql`
    UPDATE sim_over_limit SET suspended = false
    WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) AND suspended`)
}

async function among(tx: Db, author: Author, iccids: readonly string[]): Promise<Set<string>> {
  if (iccids.length === 0) return new Set()
  const { rows } = await tx.query<{ iccid: string }>(
    sql`SELECT iccid FROM sim
        WHERE account_id = ${author.accountId} AND iccid = ANY (${iccids}) ${withinTable(author, 'sim')}`,
  )
  return new Set(rows.map(({ iccid }) => iccid))
}
