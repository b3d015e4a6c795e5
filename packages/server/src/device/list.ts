import type { DeviceQuery } from '@mason/contract/device'
import { bareIdentifier, readIccid, readImeiStart } from '@mason/contract/identifiers'
import { parseTime } from '@mason/contract/time'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import type { HotReads } from '../db/hot.ts'
import { beginningWith } from '../db/prefix.ts'
import { type Page, readPage } from '../http/page.ts'
import { notSeenSince, pageNotSeenSince } from './not-seen.ts'

/**
 * A page of devices that pass every filter given, in the order they were provisioned. Pages of the whole fleet share a
 * connection; a filter may be slower, its plan depends on its value, and the combinations are many.
 */
export async function list(db: Db, pages: HotReads, actor: Actor, query: DeviceQuery): Promise<Page> {
  const { checkedInBefore, ...others } = query
  const conditions = [...conditionsOf(others)]
  const before = checkedInBefore === undefined ? undefined : parseTime(checkedInBefore)
  if (before) conditions.push(await pageNotSeenSince(db, actor.accountId, before))
  const { accountId } = actor
  const listing = { view: 'device_document', key: 'id', keyType: 'uuid', accountId, size: documentSize } as const
  return conditions.length === 0
    ? readPage(pages, listing, query)
    : readPage(db, { ...listing, where: and(conditions) }, query)
}

/** Lengths are known without a look at the texts: a document may have a megabyte. */
const documentSize = sql`(octet_length(identity) + octet_length(head) + octet_length(os) + octet_length(connection)
  + octet_length(apps))`

/** The filters of the device list as a condition on `device`, beginning with AND; empty without filters. */
export const filter = (filters: Filters) => and([...conditionsOf(filters)])

const and = (conditions: Sql[]) => (conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`)

/** How far the clock of the database may be ahead of this node's. */
const clockToleranceMs = 60_000

type Filters = Omit<DeviceQuery, 'limit' | 'before' | 'after'>

function* conditionsOf(query: Filters): Generator<Sql> {
  const { name, n, group, family, imei, serialnumber, iccid, online, outOfDate } = query
  if (name !== undefined) yield sql`name = ${name}`
  if (group !== undefined) yield sql`group_name = ${group}`
  if (family !== undefined) yield sql`family = ${family}`
  if (imei !== undefined) yield ofImei(imei)
  if (serialnumber !== undefined) yield sql`serialnumber = ${serialnumber}`
  if (iccid !== undefined) yield ofIccid(iccid)
  if (online !== undefined) yield online ? sql`online` : sql`NOT online`
  if (outOfDate !== undefined) yield outOfDate ? sql`NOT ${isUpToDate}` : isUpToDate
  if (n !== undefined) yield beginsWith(n)
  const before = query.checkedInBefore === undefined ? undefined : parseTime(query.checkedInBefore)
  const after = query.checkedInAfter === undefined ? undefined : parseTime(query.checkedInAfter)
  if (before) yield notSeenSince(before)
  // Nobody has checked in at a time to come; looking for them would look at everybody.
  if (after && after.getTime() > Date.now() + clockToleranceMs) yield sql`false`
  else if (after) yield sql`(online OR presence_mark >= ${after}) AND last_checkin >= ${after}`
}

/** As the index `device_out_of_date` has it. */
const isUpToDate = sql`(os_updated AND apps_updated AND project_updated)`

/** A text that is no IMEI is that of no device. */
function ofImei(text: string): Sql {
  const start = readImeiStart(text)
  if (start === undefined) return sql`false`
  return start.length === 15 ? sql`imei = ${start}` : sql`imei LIKE ${beginningWith(start)}`
}

function ofIccid(text: string): Sql {
  const iccid = readIccid(text)
  return iccid === undefined ? sql`false` : sql`iccids @> ARRAY[${iccid}]`
}

/** What a name, IMEI or serial number begins with, in any letter case. */
function beginsWith(text: string): Sql {
  const prefix = sql`search_text(${beginningWith(text)})`
  const digits = readImeiStart(text) ?? bareIdentifier(text)
  const imei = /^[0-9]+$/.test(digits) ? sql`OR imei LIKE ${beginningWith(digits)}` : empty
  return sql`(search_text(name) LIKE ${prefix} OR search_text(serialnumber) LIKE ${prefix} ${imei})`
}
