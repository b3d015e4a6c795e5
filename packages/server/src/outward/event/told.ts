import type { EventQuery } from '@mason/contract/event'
import { eventTypes } from '@mason/contract/event-types'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { type Page, readFound, readPage } from '../../core/http/page.ts'
import { type Side, sideWords } from '../../core/http/side.ts'
import { conditionsOf } from './find.ts'

/** The events that somebody is told who is restricted to groups, each without what it says of others (sql/restricted.sql). */
export function listTold(db: Db, actor: Actor, query: EventQuery, end: string): Promise<Page> {
  const { groups = [], accountId } = actor
  const { limit: _, before: __, after: ___, ...filters } = query
  const wanted = conditionsOf(filters)
  const view = sql`
    SELECT account_id, id, type, device_id, told_document(e, ${groups}::text[]) AS document FROM event AS e
    WHERE id < ${end} AND is_told_to(e, ${groups}::text[])`
  const listing = { view, key: 'id', keyType: 'text', reach: actor, hanging: 'open' } as const
  if (filters.device !== undefined) return readPage(db, { ...listing, view: sql`${view} ${wanted}` }, query)
  return readFound(db, listing, query, (side) =>
    find(db, { accountId, groups, end, type: filters.type ?? '', wanted, side }),
  )
}

interface Search {
  accountId: string
  groups: readonly string[]
  end: string
  type: string
  wanted: Sql
  side: Side
}

/** So many events are looked at before each device is asked for its own. */
const looked = 500

/** The events of large groups are soon met on the way through all of them; those of small ones are found by their devices. */
async function find(db: Db, search: Search): Promise<string[]> {
  const { accountId, groups, end, wanted, side } = search
  const { order, range } = sideWords(side, sql`e.id`, 'text')
  const { rows } = await db.query<{ keys: string[]; count: number }>(sql`
    SELECT count(*)::int AS count,
      coalesce((array_agg(id ORDER BY id ${order}) FILTER (WHERE is_wanted))[:${side.most}], '{}') AS keys
    FROM (SELECT e.id, is_told_to(e, ${groups}::text[]) AND true ${wanted} AS is_wanted FROM event AS e
          WHERE e.account_id = ${accountId} AND e.id < ${end} ${range} ORDER BY e.id ${order} LIMIT ${looked}) AS e`)
  const [{ keys, count } = { keys: [], count: 0 }] = rows
  if (keys.length === side.most || count < looked) return keys
  const found = await db.query<{ id: string }>(ofDevicesAndGroups(search))
  return found.rows.map(({ id }) => id)
}

/** What is about a group itself, or a deployment, has no device; it happens as often as people do something. */
const aboutGroups = Object.keys(eventTypes).filter((type) => /^(?:group|deployment)\./.test(type))

function ofDevicesAndGroups({ accountId, groups, end, type, wanted, side }: Search): Sql {
  const { order, range } = sideWords(side, sql`e.id`, 'text')
  const first = (condition: Sql, most: number) => sql`
    SELECT e.id FROM event AS e WHERE e.account_id = ${accountId} AND e.id < ${end} ${condition} ${range}
    ORDER BY e.id ${order} LIMIT ${most}`
  const ofDevice = (device: Sql, most: number) => first(sql`AND e.device_id = ${device} ${wanted}`, most)
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
        ${first(sql`AND e.type = kind.type AND is_told_to(e, ${groups}::text[]) ${wanted}`, side.most)}) AS found) AS all_found
    ORDER BY id COLLATE "C" ${order} LIMIT ${side.most}`
}
