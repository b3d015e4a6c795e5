import type { EventQuery } from '@mason/contract/event'
import { eventTypes } from '@mason/contract/event-types'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { type Page, readFound, readPage } from '../../core/http/page.ts'
import { type Side, sideWords } from '../../core/http/side.ts'
import { isUuid } from '../../core/http/validation.ts'

/** The events that somebody is told who is restricted to groups, each without what it says of others (sql/restricted.sql). */
export function listTold(db: Db, actor: Actor, query: EventQuery, end: string): Promise<Page> {
  const { groups = [], accountId } = actor
  const { type = '', device } = query
  const view = sql`
    SELECT account_id, id, type, device_id, told_document(e, ${groups}::text[]) AS document FROM event AS e
    WHERE id < ${end} AND is_told_to(e, ${groups}::text[])`
  const listing = { view, key: 'id', keyType: 'text', reach: actor, hanging: 'open' } as const
  const ofType = ofTypes(type)
  if (device !== undefined) {
    const ofDevice = isUuid(device) ? sql`AND device_id = ${device}` : sql`AND false`
    return readPage(db, { ...listing, where: sql`${ofDevice} ${ofType}` }, query)
  }
  return readFound(db, listing, query, (side) => find(db, { accountId, groups, end, type, ofType, side }))
}

/** A type, or the start of some; all for an empty text. */
const ofTypes = (type: string): Sql => {
  if (type === '') return empty
  return type.endsWith('.') ? sql`AND starts_with(type, ${type})` : sql`AND type = ${type}`
}

interface Search {
  accountId: string
  groups: readonly string[]
  end: string
  type: string
  ofType: Sql
  side: Side
}

/** So many events are looked at before each device is asked for its own. */
const looked = 500

/** The events of large groups are soon met on the way through all of them; those of small ones are found by their devices. */
async function find(db: Db, search: Search): Promise<string[]> {
  const { accountId, groups, end, ofType, side } = search
  const { order, range } = sideWords(side, sql`e.id`, 'text')
  const { rows } = await db.query<{ keys: string[]; count: number }>(sql`
    SELECT count(*)::int AS count,
      coalesce((array_agg(id ORDER BY id ${order}) FILTER (WHERE is_told ${ofType}))[:${side.most}], '{}') AS keys
    FROM (SELECT e.id, e.type, is_told_to(e, ${groups}::text[]) AS is_told FROM event AS e
          WHERE e.account_id = ${accountId} AND e.id < ${end} ${range} ORDER BY e.id ${order} LIMIT ${looked}) AS e`)
  const [{ keys, count } = { keys: [], count: 0 }] = rows
  if (keys.length === side.most || count < looked) return keys
  const found = await db.query<{ id: string }>(ofDevicesAndGroups(search))
  return found.rows.map(({ id }) => id)
}

/** What is about a group itself, or a deployment, has no device; it happens as often as people do something. */
const aboutGroups = Object.keys(eventTypes).filter((type) => /^(?:group|deployment)\./.test(type))

function ofDevicesAndGroups({ accountId, groups, end, type, ofType, side }: Search): Sql {
  const { order, range } = sideWords(side, sql`e.id`, 'text')
  const first = (condition: Sql, most: number) => sql`
    SELECT e.id FROM event AS e WHERE e.account_id = ${accountId} AND e.id < ${end} ${condition} ${range}
    ORDER BY e.id ${order} LIMIT ${most}`
  const ofDevice = (device: Sql, most: number) => first(sql`AND e.device_id = ${device} ${ofType}`, most)
  const types = aboutGroups.filter((one) => (type.endsWith('.') ? one.startsWith(type) : type === '' || one === type))
  return sql`
    WITH nearest AS MATERIALIZED (
      SELECT d.id FROM device AS d CROSS JOIN LATERAL (${ofDevice(sql`d.id`, 1)}) AS first
      WHERE d.account_id = ${accountId} AND d.group_name = ANY (${groups}::text[])
      ORDER BY first.id ${raw('COLLATE "C"')} ${order} LIMIT ${side.most})
    SELECT id FROM (
      SELECT found.id FROM nearest CROSS JOIN LATERAL (${ofDevice(sql`nearest.id`, side.most)}) AS found
      UNION ALL
      SELECT found.id FROM unnest(${types}::text[]) AS kind (type) CROSS JOIN LATERAL (
        ${first(sql`AND e.type = kind.type AND is_told_to(e, ${groups}::text[])`, side.most)}) AS found) AS all_found
    ORDER BY id COLLATE "C" ${order} LIMIT ${side.most}`
}
