import type { PageQuery } from '@mason/contract/common'
import { endsInLuhnDigit, readIccid, readImei } from '@mason/contract/identifiers'
import type { SimChange, SimQuery, SimState } from '@mason/contract/sim'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { contains, readMatches } from '../../core/http/search.ts'
import { isUuid } from '../../core/http/validation.ts'
import { readMarkerValue } from './marker-filter.ts'
import { mayMove, moveState } from './move.ts'
import { searchedSims, spellings } from './search.ts'

export async function list(db: Db, actor: Actor, { n, marker, ...query }: SimQuery): Promise<Page> {
  const { accountId } = actor
  const view = marker === undefined ? 'sim_document' : markedSims(readMarkerValue(marker))
  const listing = { view, key: 'iccid', keyType: 'text', accountId } as const
  if (!n) return readPage(db, { ...listing, where: filter(accountId, query) }, withKeys(query))
  const where = filter(accountId, { ...query, ...(marker !== undefined && { marker }) })
  return readMatches(db, searchedSims, spellings(n), { ...listing, where }, withKeys(query))
}

/** The page keys of a list of SIMs, which are ICCIDs too. */
export function withKeys<Query extends PageQuery>(query: Query): Query {
  const { before, after } = query
  return {
    ...query,
    ...(before !== undefined && { before: readIccid(before) ?? before }),
    ...(after !== undefined && { after: readIccid(after) ?? after }),
  }
}

/** In the order of the marker's index, from the page on: a join would begin with the first SIM on every page. */
const markedSims = ({ key, value }: { key: string; value: string }) => sql`
  SELECT m.account_id, m.iccid, s.name, s.imsi, s.msisdn, s.state, s.carrier, s.device_id, s.document
  FROM sim_marker AS m CROSS JOIN LATERAL (
    SELECT * FROM sim_document AS d WHERE d.account_id = m.account_id AND d.iccid = m.iccid OFFSET 0) AS s
  WHERE m.key = ${key} AND m.value = ${value} AND m.until_day = 'infinity'`

type Filters = Omit<SimQuery, 'limit' | 'before' | 'after'>

/** The filters of the SIM list as a condition on `sim`, beginning with AND; empty without filters. */
export function filter(accountId: string, filters: Filters): Sql {
  const conditions = [...conditionsOf(accountId, filters)]
  return conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
}

function* conditionsOf(accountId: string, { state, carrier, marker, device, n }: Filters): Generator<Sql> {
  if (state !== undefined) yield sql`state = ${state}`
  if (carrier !== undefined) yield sql`carrier = ${carrier}`
  if (device !== undefined) yield isUuid(device) ? sql`device_id = ${device}` : sql`false`
  if (marker !== undefined) {
    const { key, value } = readMarkerValue(marker)
    yield sql`iccid IN (SELECT m.iccid FROM sim_marker AS m WHERE m.account_id = ${accountId} AND m.key = ${key}
                        AND m.value = ${value} AND m.until_day = 'infinity')`
  }
  if (n) yield contains(searchedSims, spellings(n))
}

export const get = (db: Db, actor: Actor, iccid: string): Promise<string> => read(db, actor, named(iccid))

/** The ICCID that a path names; whatever else it says names nothing. */
export function named(text: string): string {
  const iccid = readIccid(text)
  if (iccid === undefined) throw notFound('SIM')
  return iccid
}

export function read(db: Db, actor: Actor, iccid: string): Promise<string> {
  return readOne(db, actor, 'SIM', 'sim_document', { iccid })
}

interface Locked {
  state: SimState
  pending_state: SimState | null
}

/** Locks a SIM for a change. */
export async function lock(tx: Db, actor: Actor, iccid: string): Promise<Locked> {
  const { rows } = await tx.query<Locked>(
    sql`SELECT state, pending_state FROM sim WHERE account_id = ${actor.accountId} AND iccid = ${iccid} FOR UPDATE`,
  )
  if (!rows[0]) throw notFound('SIM')
  return rows[0]
}

/** A mistyped IMEI would lock the SIM out of the device that it is in. */
function readImeiLock(text: string): string | undefined {
  const imei = readImei(text)
  if (imei !== undefined && !endsInLuhnDigit(imei)) throw invalid('/imeiLock', 'has a wrong check digit')
  return imei
}

/** Changes what is given; a state is asked of the carrier. */
export async function change(db: Db, actor: Actor, path: string, input: SimChange): Promise<string> {
  const iccid = named(path)
  const { name, state, dataLimit } = input
  const imeiLock = input.imeiLock && readImeiLock(input.imeiLock)
  return db.transaction(async (tx) => {
    const before = await lock(tx, actor, iccid)
    const changes = [...assignments({ name, imeiLock, dataLimit })]
    if (changes.length > 0)
      await tx.query(sql`UPDATE sim SET ${join(changes)} WHERE account_id = ${actor.accountId} AND iccid = ${iccid}`)
    if (state !== undefined) await askForState(tx, actor, iccid, before, state)
    return read(tx, actor, iccid)
  })
}

function* assignments({ name, imeiLock, dataLimit }: Omit<SimChange, 'state'>): Generator<Sql> {
  if (name !== undefined) yield sql`name = ${name}`
  if (imeiLock !== undefined) yield sql`imei_lock = ${imeiLock}`
  if (dataLimit !== undefined)
    yield sql`data_limit_bytes = ${dataLimit?.bytes ?? null}, data_limit_action = ${dataLimit?.action ?? null}`
}

async function askForState(
  tx: Db,
  actor: Actor,
  iccid: string,
  { state: current, pending_state: pending }: Locked,
  state: SimState,
): Promise<void> {
  const aim = pending ?? current
  if (!mayMove(aim, state))
    throw new AppError('conflict_error', `A SIM that is ${pending ? 'to be ' : ''}${aim} cannot become ${state}`)
  await moveState(tx, actor, [iccid], state)
  await leaveToPerson(tx, actor.accountId, iccid)
}

/** A person has decided about a SIM's state: its limit has no say in it until it is reached again. */
async function leaveToPerson(tx: Db, accountId: string, iccid: string): Promise<void> {
  await tx.query(sql`
    UPDATE sim_over_limit SET suspended = false WHERE account_id = ${accountId} AND iccid = ${iccid} AND suspended`)
}
