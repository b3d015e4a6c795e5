import type { DeviceQuery } from '@mason/contract/device'
import { conditionsOf as conditionsIn, type Filter, isJoin } from '@mason/contract/filter/filter'
import { readImeiStart } from '@mason/contract/identifiers'
import { parseTime } from '@mason/contract/time'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Actor, isRestricted } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { readFiltered } from '../../core/filter/page.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import type { Listing } from '../../core/http/page-statement.ts'
import { contains, readMatches } from '../../core/http/search.ts'
import { readSorted } from '../../core/http/sorted-page.ts'
import {
  deviceCondition,
  filteredDevices,
  isOutOfDate,
  isUpToDate,
  lastCheckin,
  ofHeartbeat,
  readDeviceFilter,
} from './filter.ts'
import { ofIccid } from './iccid.ts'
import { notSeenSince } from './not-seen.ts'
import { searchedDevices, spellings } from './search.ts'
import { sortedDevices } from './sort.ts'
import { documentSize, readWholeFleet } from './whole-fleet.ts'

/** A page of devices that pass every filter given, in the order they were provisioned or the one that is asked for. */
export async function list(db: Db, pages: HotReads, actor: Actor, query: DeviceQuery): Promise<Page> {
  const { n, sort, ...filters } = query
  const { accountId } = actor
  const listing = { view: 'device_document', key: 'id', keyType: 'uuid', reach: actor, size: documentSize } as const
  if (sort !== undefined) {
    const where = and([...conditionsOf({ ...filters, ...(n && { n }) }, ofHeartbeat)])
    return readSorted(db, { ...listing, where }, sortedDevices(sort), query)
  }
  if (n) return readMatches(db, searchedDevices, spellings(n), { ...listing, where: filter(filters) }, query)
  const { filter: text, ...singles } = filters
  if (text !== undefined) return listFiltered(db, listing, text, singles, query)
  const { checkedInBefore, ...others } = singles
  const conditions = [...conditionsOf(others, (condition) => condition)]
  const before = checkedInBefore === undefined ? undefined : parseTime(checkedInBefore)
  if (before) conditions.push(await notSeenSince(db, accountId, before, sql`last_checkin < ${before}`))
  if (conditions.length > 0) return readPage(db, { ...listing, where: and(conditions) }, query)
  const whole = isRestricted(actor) ? undefined : await readWholeFleet(pages, accountId, query)
  return whole ?? readPage(db, listing, query)
}

/** A page of devices that pass a filter, and the single filters beside it. */
async function listFiltered(
  db: Db,
  listing: Listing,
  text: string,
  singles: Filters,
  query: DeviceQuery,
): Promise<Page> {
  const filter = readDeviceFilter(text)
  const conditions = [...conditionsOf(singles, ofHeartbeat)]
  const before = earliest(filter)
  if (before) conditions.push(await notSeenSince(db, listing.reach.accountId, before, sql`${lastCheckin} < ${before}`))
  const where = conditions.length > 0 ? { where: and(conditions) } : {}
  return readFiltered(db, filteredDevices, { ...listing, ...where }, filter, query)
}

/** The time before which all that match were last heard of, if the filter says so. */
function earliest(filter: Filter): Date | undefined {
  for (const condition of conditionsIn(filter)) {
    if (isJoin(condition) || condition.name !== 'lastcheckin') continue
    const [value] = condition.values
    if (value?.is !== 'time') continue
    if (condition.operator === '<') return value.time
    if (condition.operator === '<=') return new Date(value.time.getTime() + 1)
  }
  return undefined
}

/** The filters of the device list as a condition on `device`, beginning with AND; empty without filters. It says nothing of a reach. */
export const filter = (filters: Filters) =>
  and([
    ...conditionsOf(
      filters,
      (condition) => sql`(account_id, id) IN (SELECT account_id, device_id FROM heartbeat WHERE ${condition})`,
    ),
  ])

const and = (conditions: Sql[]) => (conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`)

/** How far the clock of the database may be ahead of this node's. */
const clockToleranceMs = 60_000

/** What devices may be filtered by. */
export type Filters = Omit<DeviceQuery, 'limit' | 'before' | 'after' | 'sort'>

/** @param ofHeartbeat makes a condition on `heartbeat` one on what is listed. */
function* conditionsOf(query: Filters, ofHeartbeat: (condition: Sql) => Sql): Generator<Sql> {
  const { name, n, group, family, imei, serialnumber, iccid, online, outOfDate, filter: text } = query
  if (name !== undefined) yield sql`name = ${name}`
  if (group !== undefined) yield sql`group_name = ${group}`
  if (family !== undefined) yield sql`family = ${family}`
  if (imei !== undefined) yield ofImei(imei)
  if (serialnumber !== undefined) yield sql`serialnumber = ${serialnumber}`
  if (iccid !== undefined) yield ofIccid(iccid)
  if (online !== undefined) yield online ? sql`online` : sql`NOT online`
  if (outOfDate !== undefined) yield outOfDate ? isOutOfDate : isUpToDate
  if (n) yield contains(searchedDevices, spellings(n))
  if (text !== undefined) yield sql`(${deviceCondition(text)})`
  yield* checkinConditionsOf(query, ofHeartbeat)
}

function* checkinConditionsOf(
  { checkedInBefore, checkedInAfter }: Filters,
  ofHeartbeat: (condition: Sql) => Sql,
): Generator<Sql> {
  const before = checkedInBefore === undefined ? undefined : parseTime(checkedInBefore)
  const after = checkedInAfter === undefined ? undefined : parseTime(checkedInAfter)
  if (before) yield ofHeartbeat(sql`last_checkin < ${before}`)
  // Nobody has checked in at a time to come; looking for them would look at everybody.
  if (after && after.getTime() > Date.now() + clockToleranceMs) yield sql`false`
  else if (after) yield ofHeartbeat(sql`last_checkin >= ${after}`)
}

/** A text that is no IMEI is that of no device. */
function ofImei(text: string): Sql {
  const start = readImeiStart(text)
  if (start === undefined) return sql`false`
  return start.length === 15 ? sql`imei = ${start}` : sql`imei LIKE ${beginningWith(start)}`
}
