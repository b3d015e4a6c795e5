import type { PageQuery } from '@mason/contract/common'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { type Page, readFound, type Side } from './page.ts'
import type { Listing } from './page-statement.ts'

/** What is searched: a table, and beside it the one with the texts of its rows, in slices of its keys. */
export interface Searched {
  table: 'device' | 'sim'
  key: 'id' | 'iccid'
  keyType: Listing['keyType']
}

/** A condition on the table: one of these fragments is in what its row is found by. For those who read all that match. */
export const contains = ({ table, key }: Searched, fragments: string[]): Sql => sql`
  (account_id, ${raw(key)}) IN (SELECT s.account_id, s.${raw(key)} FROM ${raw(`${table}_search`)} AS s
                                WHERE ${hasAny(fragments)})`

const isIn = (fragment: string) => sql`strpos(s.text, search_fragment(${fragment})) > 0`
const hasAny = (fragments: string[]) => sql`(${join(fragments.map(isIn), ' OR ')})`

/** So many texts are looked through before the index of fragments is asked: what many have fills a page of them. */
const texts = 1_000

/**
 * A page of what contains one of these fragments and meets the conditions. What many have is found in the first texts of the
 * page's side. What few have is found slice by slice of the list: that reads the matches of the slices up to where the page
 * is full, and an index entry of every slice without any.
 */
export function readMatches(
  db: Db,
  searched: Searched,
  fragments: string[],
  listing: Listing,
  query: PageQuery,
): Promise<Page> {
  const { accountId, where = empty } = listing
  return readFound(db, listing, query, async (side) => {
    const search = { ...searched, accountId, fragments, where, side }
    const { rows: first } = await db.query<{ keys: string[]; looked: number }>(amongFirst(search))
    const [{ keys, looked } = { keys: [], looked: 0 }] = first
    if (keys.length === side.most || looked < texts) return keys
    const { rows } = await db.query<{ key: string }>(bySlices(search))
    return rows.map((row) => row.key)
  })
}

interface Search extends Searched {
  accountId: string
  fragments: string[]
  where: Sql
  side: Side
}

/** The condition that a row whose text is `s` meets the other filters; not as EXISTS, for which all that meet them may be read. */
const passes = ({ table, key, accountId, where }: Search) =>
  where === empty
    ? empty
    : sql`AND (SELECT true FROM ${raw(table)} WHERE account_id = ${accountId} AND ${raw(key)} = s.${raw(key)} ${where})`

function amongFirst(search: Search): Sql {
  const { table, key, keyType, accountId, fragments, side } = search
  const { order, range } = wordsOf(side, sql`t.${raw(key)}`, keyType)
  return sql`
    SELECT count(*)::int AS looked,
      coalesce((array_agg(s.${raw(key)}::text ORDER BY s.${raw(key)} ${order}) FILTER (WHERE ${hasAny(fragments)} ${passes(search)}))
        [:${side.most}], '{}') AS keys
    FROM (SELECT t.${raw(key)}, t.text FROM ${raw(`${table}_search`)} AS t WHERE t.account_id = ${accountId} ${range}
          ORDER BY t.${raw(key)} ${order} LIMIT ${texts}) AS s`
}

/** The words of a statement for the keys of a side: the order, what lies beyond a key, and the range. */
function wordsOf({ isUp, key, isWithKey }: Side, column: Sql, keyType: Listing['keyType']) {
  const [order, beyond] = isUp ? [raw('ASC'), raw('>')] : [raw('DESC'), raw('<')]
  const from = raw(`${isUp ? '>' : '<'}${isWithKey ? '=' : ''}`)
  const range = key === undefined ? empty : sql`AND ${column} ${from} ${key}::${raw(keyType)}`
  return { order, beyond, range }
}

function bySlices(search: Search): Sql {
  const { table, key, keyType, accountId, fragments, side } = search
  const [texted, keyed] = [raw(`${table}_search`), raw(key)]
  const { order, beyond, range } = wordsOf(side, sql`s.${keyed}`, keyType)
  const grams = fragments.map(
    (fragment) =>
      sql`search_grams(t.account_id, t.slice, t.text) @> search_grams(${accountId}, slice.name, search_fragment(${fragment}))`,
  )
  return sql`
    WITH RECURSIVE slice (name) AS (
      (SELECT s.slice FROM ${texted} AS s WHERE s.account_id = ${accountId} ${range} ORDER BY s.${keyed} ${order} LIMIT 1)
      UNION ALL
      SELECT (SELECT s.slice FROM ${texted} AS s WHERE s.account_id = ${accountId} AND s.slice ${beyond} slice.name
              ORDER BY s.slice ${order} LIMIT 1)
      FROM slice WHERE slice.name IS NOT NULL)
    SELECT match.key FROM slice CROSS JOIN LATERAL (
      SELECT s.${keyed}::text AS key FROM (SELECT * FROM ${texted} AS t WHERE ${join(grams, ' OR ')} OFFSET 0) AS s
      WHERE s.account_id = ${accountId} AND s.slice = slice.name AND ${hasAny(fragments)} ${range} ${passes(search)}
      ORDER BY s.${keyed} ${order}) AS match
    WHERE slice.name IS NOT NULL LIMIT ${side.most}`
}
