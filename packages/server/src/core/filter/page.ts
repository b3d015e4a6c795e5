import type { PageQuery } from '@mason/contract/common'
import { type Comparison, conditionsOf, type Filter, isJoin } from '@mason/contract/filter/filter'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { type Page, readFound } from '../http/page.ts'
import type { Listing } from '../http/page-statement.ts'
import { type Side, sideWords } from '../http/side.ts'
import { type RowsWithin, rowsWithin } from '../rows-within.ts'
import { type Columns, conditionOf } from './condition.ts'

/** A table with one row for each that a comparison matches, in the order of the key of what is listed. */
interface Entry {
  table: Sql
  /** Its column of that key. */
  key: Sql
  /** A condition on `entry`. */
  condition: Sql
}

/** What a filter is about. */
export interface Filtered {
  table: 'device' | 'sim'
  key: 'id' | 'iccid'
  keyType: Listing['keyType']
  columns: Columns
  /** By the name of a field: where the rows are that are equal to a text. */
  entries: Readonly<Record<string, (comparison: Comparison, value: string) => Entry>>
}

/**
 * A page of what a filter and the conditions of the listing match. The keys are found first, in their order: by the table itself
 * or, where all must be equal to a label, by the rows of that.
 */
export async function readFiltered(
  db: Db,
  filtered: Filtered,
  listing: Listing,
  filter: Filter,
  query: PageQuery,
): Promise<Page> {
  const rows = await rowsWithin(db, listing.reach, filtered.table)
  const all = conditionsOf(filter)
  const { entry, rest } = rows.areFew ? { entry: undefined, rest: all } : apart(filtered, all)
  const conditions = rest.map((part) => conditionOf(part, filtered.columns))
  const filters = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  const where = sql`${filters} ${listing.where ?? empty} ${rows.condition}`
  const isAll = conditions.length === 0 && listing.where === undefined && rows.condition === empty
  return readFound(db, listing, query, async (side) => {
    const search = { ...filtered, accountId: listing.reach.accountId, rows, where, side }
    const { rows: found } = await db.query<{ key: string }>(entry ? byEntry(search, entry, isAll) : byTable(search))
    return found.map(({ key }) => key)
  })
}

/** The condition whose matches have a table of their own, and the other conditions. */
function apart({ entries }: Filtered, conditions: readonly Filter[]) {
  for (const condition of conditions) {
    if (isJoin(condition) || condition.operator !== '==') continue
    const [value] = condition.values
    const entryOf = entries[condition.name]
    if (!entryOf || value?.is !== 'text') continue
    return { entry: entryOf(condition, value.text), rest: conditions.filter((other) => other !== condition) }
  }
  return { entry: undefined, rest: conditions }
}

interface Search extends Filtered {
  accountId: string
  rows: RowsWithin
  where: Sql
  side: Side
}

function byTable({ table, key, keyType, accountId, rows, where, side }: Search): Sql {
  const column = sql`${raw(table)}.${raw(key)}`
  const { order, range } = sideWords(side, column, keyType)
  return sql`
    SELECT ${column}::text AS key FROM ${rows.from} WHERE account_id = ${accountId} ${where} ${range}
    ORDER BY ${column} ${order} LIMIT ${side.most}`
}

function byEntry({ table, key, keyType, accountId, where, side }: Search, entry: Entry, isAll: boolean): Sql {
  const column = sql`entry.${entry.key}`
  const { order, range } = sideWords(side, column, keyType)
  const passes = isAll
    ? empty
    : sql`AND (SELECT true FROM ${raw(table)} WHERE account_id = ${accountId} AND ${raw(key)} = ${column} ${where})`
  return sql`
    SELECT ${column}::text AS key FROM ${entry.table} AS entry
    WHERE entry.account_id = ${accountId} AND ${entry.condition} ${range} ${passes}
    ORDER BY ${column} ${order} LIMIT ${side.most}`
}
