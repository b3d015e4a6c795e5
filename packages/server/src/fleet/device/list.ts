import type { DeviceQuery } from '@mason/contract/device'
import { bareIdentifier, readIccid, readImeiStart } from '@mason/contract/identifiers'
import { parseTime } from '@mason/contract/time'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { contains, readMatches, type Searched } from '../../core/http/search.ts'
import { notSeenSince } from './not-seen.ts'
import { documentSize, readWholeFleet } from './whole-fleet.ts'

/** A page of devices that pass every filter given, in the order they were provisioned. */
export async function list(db: Db, pages: HotReads, actor: Actor, query: DeviceQuery): Promise<Page> {
  const { n, ...filters } = query
  const { accountId } = actor
  const listing = { view: 'device_document', key: 'id', keyType: 'uuid', accountId, size: documentSize } as const
  if (n) return readMatches(db, searched, spellings(n), { ...listing, where: filter(filters) }, query)
  const { checkedInBefore, ...others } = filters
  const conditions = [...conditionsOf(others, (condition) => condition)]
  const before = checkedInBefore === undefined ? undefined : parseTime(checkedInBefore)
  if (before) conditions.push(await notSeenSince(db, accountId, before))
  if (conditions.length > 0) return readPage(db, { ...listing, where: and(conditions) }, query)
  return (await readWholeFleet(pages, accountId, query)) ?? readPage(db, listing, query)
}

/** The filters of the device list as a condition on `device`, beginning with AND; empty without filters. */
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

type Filters = Omit<DeviceQuery, 'limit' | 'before' | 'after'>

/** @param ofHeartbeat makes a condition on `heartbeat` one on what is listed. */
function* conditionsOf(query: Filters, ofHeartbeat: (condition: Sql) => Sql): Generator<Sql> {
  const { name, n, group, family, imei, serialnumber, iccid, online, outOfDate } = query
  if (name !== undefined) yield sql`name = ${name}`
  if (group !== undefined) yield sql`group_name = ${group}`
  if (family !== undefined) yield sql`family = ${family}`
  if (imei !== undefined) yield ofImei(imei)
  if (serialnumber !== undefined) yield sql`serialnumber = ${serialnumber}`
  if (iccid !== undefined) yield ofIccid(iccid)
  if (online !== undefined) yield online ? sql`online` : sql`NOT online`
  if (outOfDate !== undefined) yield outOfDate ? isOutOfDate : isUpToDate
  if (n) yield contains(searched, spellings(n))
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

const isUpToDate = sql`(os_updated AND apps_updated AND project_updated)`
const isOutOfDate = sql`(account_id, id) IN (SELECT account_id, device_id FROM out_of_date_device)`

/** A text that is no IMEI is that of no device. */
function ofImei(text: string): Sql {
  const start = readImeiStart(text)
  if (start === undefined) return sql`false`
  return start.length === 15 ? sql`imei = ${start}` : sql`imei LIKE ${beginningWith(start)}`
}

function ofIccid(text: string): Sql {
  const iccid = readIccid(text)
  if (iccid === undefined) return sql`false`
  // Few devices have the same one; a plan that passed through the list to them would read all others.
  return sql`id = ANY (ARRAY(SELECT d.id FROM device AS d WHERE d.iccids @> ARRAY[${iccid}]))`
}

const searched: Searched = { table: 'device', key: 'id', keyType: 'uuid' }

/** A text as it is in a name, as in a number that is kept without separators, and as in an IMEI without its last digits. */
function spellings(text: string): string[] {
  const digits = bareIdentifier(text)
  const start = readImeiStart(text)
  // U+0001 stands where something begins.
  const spelled = [
    text,
    ...(/^[0-9]+$/.test(digits) ? [digits] : []),
    ...(start === undefined ? [] : [`\u0001${start}`]),
  ]
  return [...new Set(spelled)]
}
