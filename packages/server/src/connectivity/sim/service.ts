import type { PageQuery } from '@mason/contract/common'
import { readIccid } from '@mason/contract/identifiers'
import type { SimChange, SimQuery } from '@mason/contract/sim'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Actor, isRestricted } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { readFiltered } from '../../core/filter/page.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { contains, readMatches } from '../../core/http/search.ts'
import { readSorted } from '../../core/http/sorted-page.ts'
import { isUuid } from '../../core/http/validation.ts'
import { changeSims, lock, withImei } from './change.ts'
import { filteredSims, readSimFilter, simCondition } from './filter.ts'
import { readMarkerValue } from './marker-filter.ts'
import { searchedSims, spellings } from './search.ts'
import { sortedSims } from './sort.ts'

export async function list(db: Db, actor: Actor, { sort, ...all }: SimQuery): Promise<Page> {
  const { accountId } = actor
  const sims = {
    view: 'sim_document',
    key: 'iccid',
    keyType: 'text',
    reach: actor,
    hanging: { device: 'device_id' },
  } as const
  if (sort !== undefined) return readSorted(db, { ...sims, where: filter(accountId, all) }, sortedSims(sort), all)
  const { n, marker, ...query } = all
  const { filter: text, ...singles } = query
  if (!n && text !== undefined) {
    const where = filter(accountId, { ...singles, ...(marker !== undefined && { marker }) })
    const filtered = { ...sims, ...(where !== empty && { where }) }
    return readFiltered(db, filteredSims, filtered, readSimFilter(text), withKeys(query))
  }
  const where = filter(accountId, { ...query, ...(marker !== undefined && { marker }) })
  // Whoever does not see all finds them by their devices, not by the marker.
  const isByMarker = marker !== undefined && !isRestricted(actor)
  const listing = isByMarker ? { ...sims, view: markedSims(readMarkerValue(marker)) } : sims
  if (!n) return readPage(db, { ...listing, where: isByMarker ? filter(accountId, query) : where }, withKeys(query))
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

type Filters = Omit<SimQuery, 'limit' | 'before' | 'after' | 'sort'>

/** The filters of the SIM list as a condition on `sim`, beginning with AND; empty without filters. */
export function filter(accountId: string, filters: Filters): Sql {
  const conditions = [...conditionsOf(accountId, filters)]
  return conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
}

function* conditionsOf(accountId: string, filters: Filters): Generator<Sql> {
  const { state, carrier, marker, device, n, filter: text } = filters
  if (state !== undefined) yield sql`state = ${state}`
  if (carrier !== undefined) yield sql`carrier = ${carrier}`
  if (device !== undefined) yield isUuid(device) ? sql`device_id = ${device}` : sql`false`
  if (marker !== undefined) {
    const { key, value } = readMarkerValue(marker)
    yield sql`iccid IN (SELECT m.iccid FROM sim_marker AS m WHERE m.account_id = ${accountId} AND m.key = ${key}
                        AND m.value = ${value} AND m.until_day = 'infinity')`
  }
  if (n) yield contains(searchedSims, spellings(n))
  if (text !== undefined) yield sql`(${simCondition(text)})`
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

/** Changes what is given; a state is asked of the carrier. */
export async function change(db: Db, actor: Actor, path: string, input: SimChange): Promise<string> {
  const iccid = named(path)
  const wanted = withImei(input)
  return db.transaction(async (tx) => {
    await lock(tx, actor, [iccid])
    wasBefore(tx, await read(tx, actor, iccid))
    const outcome = (await changeSims(tx, actor, [iccid], wanted)).get(iccid)
    if (outcome instanceof AppError) throw outcome
    return read(tx, actor, iccid)
  })
}
