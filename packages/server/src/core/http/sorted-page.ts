import type { PageQuery } from '@mason/contract/common'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { type RowsWithin, rowsWithin } from '../rows-within.ts'
import { type Page, requireOneWay } from './page.ts'
import { cutToFit, defaultLimit, type Listing, lookedUp, type Row, wordsOf } from './page-statement.ts'
import { type Place, type Position, readPageKey, type SortType, toPageKey } from './sort-key.ts'

/** What a list is sorted by. */
export interface Sort {
  /** An expression of the rows of the table. */
  value: Sql
  type: SortType
  /** Some rows have no value; they come last in both directions. */
  isNullable?: true
  /** The table that has the value, with a row for each of the list: it is read alone where nothing else is asked of them. */
  home?: { table: string; key: string; value: Sql }
}

/** How a list is sorted. */
export interface Sorted {
  table: 'device' | 'sim'
  key: 'id' | 'iccid'
  sort: Sort
  isDescending: boolean
}

/** The sort that a name means; `-` in front of it turns it round. */
export function sortOf<Name extends string>(
  sorts: Readonly<Record<Name, Sort>>,
  name: Name | `-${Name}`,
): Pick<Sorted, 'sort' | 'isDescending'> {
  const isDescending = name.startsWith('-')
  return { sort: sorts[(isDescending ? name.slice(1) : name) as Name], isDescending }
}

/** What the values are in SQL: as they are compared, as they leave the database, and as they come back. */
const types: Readonly<
  Record<SortType, { compared: (value: Sql) => Sql; said: (value: Sql) => Sql; read: (text: string) => Sql }>
> = {
  text: { compared: (value) => value, said: (value) => value, read: (text) => sql`${text}::text COLLATE "C"` },
  time: {
    compared: (value) => value,
    said: (value) => sql`(extract(epoch FROM ${value}) * 1000000)::bigint::text`,
    read: (text) => sql`('epoch'::timestamptz + ${text}::bigint * interval '1 microsecond')`,
  },
  number: {
    compared: (value) => sql`(${value})::numeric`,
    said: (value) => sql`(${value})::numeric::text`,
    read: (text) => sql`${text}::numeric`,
  },
}

/**
 * A page of a list in the order of a value and, where that is the same, of the key. It is read by the range of both, so any depth
 * costs the same where an index has that order.
 */
export async function readSorted(db: Db, listing: Listing, sorted: Sorted, query: PageQuery): Promise<Page> {
  const { limit = defaultLimit, before, after } = query
  requireOneWay({ before, after })
  const isUp = before === undefined
  const named = before ?? after
  const within = await rowsWithin(db, listing.reach, sorted.table)
  const position =
    named === undefined ? 'first' : readPageKey(named, isUp ? 'after' : 'before', sorted.sort.type, listing.keyType)
  const find = (side: Pick<Side, 'isUp' | 'isWithPosition'>, most: number) =>
    findPlaces(db, { ...listing, within }, sorted, { ...side, position }, most)
  const found = await find({ isUp, isWithPosition: false }, limit + 1)
  const isBehind = named !== undefined && (await find({ isUp: !isUp, isWithPosition: true }, 1)).length > 0
  const { documents, count } = await readDocuments(db, listing, found.slice(0, limit))
  const shown = found.slice(0, count)
  const isMore = shown.length < found.length
  if (!isUp) {
    documents.reverse()
    shown.reverse()
  }
  const [isPrevious, isNext] = isUp ? [isBehind, isMore] : [isMore, isBehind]
  return {
    documents,
    previous: isPrevious ? toPageKey(shown[0] ?? 'last') : undefined,
    next: isNext ? toPageKey(shown.at(-1) ?? 'first') : undefined,
  }
}

/** Which way is looked from a position. */
interface Side {
  isUp: boolean
  position: Position
  isWithPosition: boolean
}

/** The places on one side of a position, the nearest ones first. */
async function findPlaces(db: Db, listing: ListingWithin, sorted: Sorted, side: Side, most: number): Promise<Place[]> {
  const found: Place[] = []
  const parts = sorted.sort.isNullable ? [partWithValue, partWithout] : [partWithValue]
  for (const part of side.isUp ? parts : parts.toReversed()) {
    const statement = found.length < most && part(listing, sorted, side, most - found.length)
    if (!statement) continue
    const { rows } = await db.query<Place>(statement)
    found.push(...rows)
  }
  return found
}

/** The words of a statement for one way through the rows. */
function wayOf({ isDescending }: Sorted, { isUp, isWithPosition }: Side) {
  const { ahead, beyond } = wordsOf(isUp === isDescending ? 'before' : 'after')
  return { order: raw(ahead), beyond: raw(`${beyond}${isWithPosition ? '=' : ''}`) }
}

/** Whether nothing of the list lies on this side. */
const isBehindEnd = ({ isUp, position }: Side) => position === (isUp ? 'last' : 'first')

interface ListingWithin extends Listing {
  within: RowsWithin
}

/** Where the rows are: their table, its column of the key, and what they are sorted by. */
function rowsOf({ where = empty, within }: ListingWithin, { table, key, sort }: Sorted) {
  const { compared } = types[sort.type]
  const isAll = where === empty && within.condition === empty
  const at = (isAll && sort.home) || { table, key, value: sort.value }
  return {
    table: at.table === table ? within.from : raw(at.table),
    where: isAll ? empty : sql`${where} ${within.condition}`,
    column: sql`${raw(at.table)}.${raw(at.key)}`,
    written: at.value,
    value: compared(at.value),
  }
}

function partWithValue(listing: ListingWithin, sorted: Sorted, side: Side, most: number): Sql | undefined {
  const { sort } = sorted
  const { position, isUp } = side
  const place = typeof position === 'string' ? undefined : position
  if (isBehindEnd(side) || (place?.value === null && isUp)) return undefined
  const { order, beyond } = wayOf(sorted, side)
  const { said, read } = types[sort.type]
  const { table, where, column, written, value } = rowsOf(listing, sorted)
  const range =
    typeof place?.value === 'string'
      ? sql`AND (${value}, ${column}) ${beyond} (${read(place.value)}, ${place.key}::${raw(listing.keyType)})`
      : empty
  return sql`
    SELECT ${said(written)} AS value, ${column}::text AS key FROM ${table}
    WHERE account_id = ${listing.reach.accountId} ${sort.isNullable ? sql`AND ${value} IS NOT NULL` : empty} ${where} ${range}
    ORDER BY ${value} ${order}, ${column} ${order} LIMIT ${most}`
}

function partWithout(listing: ListingWithin, sorted: Sorted, side: Side, most: number): Sql | undefined {
  const { position, isUp } = side
  const place = typeof position === 'string' ? undefined : position
  if (isBehindEnd(side) || (typeof place?.value === 'string' && !isUp)) return undefined
  const { order, beyond } = wayOf(sorted, side)
  const { table, where, column, value } = rowsOf(listing, sorted)
  const range = place?.value === null ? sql`AND ${column} ${beyond} ${place.key}::${raw(listing.keyType)}` : empty
  return sql`
    SELECT NULL AS value, ${column}::text AS key FROM ${table}
    WHERE account_id = ${listing.reach.accountId} AND ${value} IS NULL ${where} ${range}
    ORDER BY ${column} ${order} LIMIT ${most}`
}

/** The documents of these places, as many as an answer has room for, and of how many places they are: some may have gone. */
async function readDocuments(
  db: Db,
  listing: Listing,
  places: Place[],
): Promise<{ documents: string[]; count: number }> {
  if (places.length === 0) return { documents: [], count: 0 }
  const keys = places.map((place) => place.key)
  const page = sql`
    SELECT wanted.place AS key, wanted.key AS item_key, ${listing.size ?? sql`octet_length(document::text)`} AS size
    FROM unnest(${keys}::${raw(listing.keyType)}[]) WITH ORDINALITY AS wanted (key, place)
    CROSS JOIN ${lookedUp(listing, sql`*`, sql`wanted.key`)}`
  const { rows } = await db.query<Pick<Row, 'key' | 'document'>>(sql`
    SELECT cut.key::text, document FROM ${cutToFit(page)}
    LEFT JOIN ${lookedUp(listing, sql`item.document::text`, sql`cut.item_key`, sql`AND fits`)} ON true ORDER BY cut.key`)
  const cut = rows.find(({ document }) => document === null)
  return {
    documents: rows.flatMap(({ document }) => document ?? []),
    count: cut ? Number(cut.key) - 1 : places.length,
  }
}
