import type { PageQuery } from '@mason/contract/common'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { type Page, readCursor, readPage } from './page.ts'
import type { Listing } from './page-statement.ts'

/** What is searched: a table, and beside it the one with the texts of its rows, in slices of its keys. */
export interface Searched {
  table: 'device' | 'sim'
  key: 'id' | 'iccid'
  keyType: Listing['keyType']
}

/** A condition on the table: one of these texts is in what its row is found by. For those who read all that match. */
export const contains = ({ table, key }: Searched, texts: string[]): Sql => sql`
  (account_id, ${raw(key)}) IN (SELECT s.account_id, s.${raw(key)} FROM ${raw(`${table}_search`)} AS s
                                WHERE ${join(texts.map(isIn), ' OR ')})`

const isIn = (text: string) => sql`strpos(s.text, search_fragment(${text})) > 0`

/**
 * A page of what contains one of these texts and meets the conditions. The keys of the page are found first, slice by slice of
 * the list: that reads the matches of the slices up to where the page is full, and an index entry of every slice without any.
 */
export async function readFound(
  db: Db,
  searched: Searched,
  texts: string[],
  listing: Listing,
  query: PageQuery,
): Promise<Page> {
  const { accountId, where = empty } = listing
  const { limit, direction, key } = readCursor(query, listing.keyType)
  const find = async (isUp: boolean, isWithCursor: boolean, most: number) => {
    const { rows } = await db.query<{ key: string }>(
      found(searched, accountId, texts, where, { isUp, isWithCursor, key, most }),
    )
    return rows.map((row) => row.key)
  }
  const isUp = direction === 'after'
  const keys = await find(isUp, false, limit + 1)
  if (key !== undefined) keys.push(...(await find(!isUp, true, 1)))
  const ofPage = sql`AND ${raw(searched.key)} = ANY (${keys}::${raw(searched.keyType)}[])`
  return readPage(db, { ...listing, where: ofPage }, query)
}

interface Way {
  isUp: boolean
  key: string | undefined
  isWithCursor: boolean
  most: number
}

function found(
  { table, key: column, keyType }: Searched,
  accountId: string,
  texts: string[],
  where: Sql,
  { isUp, key, isWithCursor, most }: Way,
): Sql {
  const [texted, keyed] = [raw(`${table}_search`), raw(column)]
  const [order, beyond] = isUp ? [raw('ASC'), raw('>')] : [raw('DESC'), raw('<')]
  const from = raw(`${isUp ? '>' : '<'}${isWithCursor ? '=' : ''}`)
  const range = key === undefined ? empty : sql`AND s.${keyed} ${from} ${key}::${raw(keyType)}`
  const grams = texts.map(
    (text) =>
      sql`search_grams(t.account_id, t.slice, t.text) @> search_grams(${accountId}, slice.name, search_fragment(${text}))`,
  )
  const passes =
    where === empty
      ? empty
      : sql`AND EXISTS (SELECT FROM ${raw(table)} WHERE account_id = ${accountId} AND ${keyed} = s.${keyed} ${where})`
  return sql`
    WITH RECURSIVE slice (name) AS (
      (SELECT s.slice FROM ${texted} AS s WHERE s.account_id = ${accountId} ${range} ORDER BY s.${keyed} ${order} LIMIT 1)
      UNION ALL
      SELECT (SELECT s.slice FROM ${texted} AS s WHERE s.account_id = ${accountId} AND s.slice ${beyond} slice.name
              ORDER BY s.slice ${order} LIMIT 1)
      FROM slice WHERE slice.name IS NOT NULL)
    SELECT match.key FROM slice CROSS JOIN LATERAL (
      SELECT s.${keyed}::text AS key FROM (SELECT * FROM ${texted} AS t WHERE ${join(grams, ' OR ')} OFFSET 0) AS s
      WHERE s.account_id = ${accountId} AND s.slice = slice.name AND (${join(texts.map(isIn), ' OR ')}) ${range} ${passes}
      ORDER BY s.${keyed} ${order}) AS match
    WHERE slice.name IS NOT NULL LIMIT ${most}`
}
