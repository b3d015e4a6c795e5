import sql, { empty, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { hangingOf, onDevice } from '../reach.ts'
import type { Listing } from './page-statement.ts'
import { type Side, sideWords } from './side.ts'

/** Finds the keys of a side, the nearest ones first. */
type Find = (side: Side) => Promise<string[]>

/**
 * How the keys of a page are found for somebody who is restricted to groups, without a look at all items that are none of theirs;
 * undefined where the list is read as by anybody.
 */
export function findWithin(db: Db, listing: Listing): Find | undefined {
  const { groups } = listing.reach
  if (groups === undefined) return undefined
  const hanging = listing.hanging ?? hangingOf(listing.view)
  if (hanging === 'open' || 'told' in hanging) return undefined
  if ('group' in hanging) return (side) => keysOf(db, ofEachGroup(listing, groups, hanging.group, side))
  return (side) => ofDevices(db, listing, groups, hanging.device, side)
}

async function keysOf(db: Db, statement: Sql): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(statement)
  return rows.map(({ key }) => key)
}

const rowsOf = ({ view }: Listing) => (typeof view === 'string' ? raw(view) : sql`(${view})`)

/** The first of each group, and the first of these: every group lies in the order of the keys. */
function ofEachGroup(listing: Listing, groups: readonly string[], column: string, side: Side): Sql {
  const { where = empty, reach, key, keyType } = listing
  const { order, range } = sideWords(side, raw(key), keyType)
  return sql`
    SELECT found.key::text FROM unnest(${groups}::text[]) AS one (name) CROSS JOIN LATERAL (
      SELECT ${raw(key)} AS key FROM ${rowsOf(listing)} AS listed
      WHERE account_id = ${reach.accountId} AND ${raw(column)} = one.name ${where} ${range}
      ORDER BY ${raw(key)} ${order} LIMIT ${side.most}) AS found
    ORDER BY found.key ${order} LIMIT ${side.most}`
}

/** So many items are looked at before each device is asked for its own. */
const looked = 500

/**
 * Of large groups the first items are soon met on the way through the list. Those of small ones are found by their devices: each is
 * asked for its first item, and those whose first are the nearest ones for more.
 */
async function ofDevices(
  db: Db,
  listing: Listing,
  groups: readonly string[],
  column: string,
  side: Side,
): Promise<string[]> {
  const { where = empty, reach, key, keyType } = listing
  const { accountId } = reach
  const { order, range } = sideWords(side, raw(key), keyType)
  const items = (condition: Sql, most: Sql) => sql`
    SELECT ${raw(key)} AS key, ${raw(column)} AS device FROM ${rowsOf(listing)} AS listed
    WHERE account_id = ${accountId} ${condition} ${where} ${range} ORDER BY ${raw(key)} ${order} LIMIT ${most}`
  const { rows } = await db.query<{ keys: string[]; count: number }>(sql`
    SELECT count(*)::int AS count,
      coalesce((array_agg(item.key::text ORDER BY item.key ${order}) FILTER (WHERE true ${onDevice(reach, sql`item.device`)}))
        [:${side.most}], '{}') AS keys
    FROM (${items(empty, sql`${looked}`)}) AS item`)
  const [{ keys, count } = { keys: [], count: 0 }] = rows
  if (keys.length === side.most || count < looked) return keys
  const ofDevice = (device: Sql, most: Sql) => items(sql`AND ${raw(column)} = ${device}`, most)
  return keysOf(
    db,
    sql`
    WITH nearest AS MATERIALIZED (
      SELECT d.id FROM device AS d CROSS JOIN LATERAL (${ofDevice(sql`d.id`, sql`1`)}) AS first
      WHERE d.account_id = ${accountId} AND d.group_name = ANY (${groups}::text[])
      ORDER BY first.key ${order} LIMIT ${side.most})
    SELECT found.key::text FROM nearest CROSS JOIN LATERAL (${ofDevice(sql`nearest.id`, sql`${side.most}`)}) AS found
    ORDER BY found.key ${order} LIMIT ${side.most}`,
  )
}
