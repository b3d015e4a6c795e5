import type { PageQuery } from '@mason/contract/common'
import sql, { empty, join, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { type RowsWithin, rowsWithin } from '../rows-within.ts'
import { type Page, readFound } from './page.ts'
import type { Listing } from './page-statement.ts'
import { type Side, sideWords } from './side.ts'

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

/** Whether it has a piece of four characters; others than those of ASCII may be fewer in small letters. */
const isLong = (fragment: string) => /^\p{ASCII}{4,}$/u.test(fragment)

/** So many texts are looked through before the index of fragments is asked: what many have fills a page of them. */
const texts = 1_000

/**
 * A page of what contains one of these fragments and meets the conditions. What many have is found in the first texts of the
 * page's side. What few have is found slice by slice of the list: that reads the matches of the slices up to where the page
 * is full, and an index entry of every slice without any.
 */
export async function readMatches(
  db: Db,
  searched: Searched,
  fragments: string[],
  listing: Listing,
  query: PageQuery,
): Promise<Page> {
  const { accountId } = listing.reach
  const own = await rowsWithin(db, listing.reach, searched.table)
  const isAll = (listing.where ?? empty) === empty && own.condition === empty
  const where = isAll ? empty : sql`${listing.where ?? empty} ${own.condition}`
  return readFound(db, listing, query, async (side) => {
    const search = { ...searched, accountId, fragments, where, side }
    if (own.areFew) return (await db.query<{ key: string }>(amongOwn(search, own))).rows.map(({ key }) => key)
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
  const { order, range } = sideWords(side, sql`t.${raw(key)}`, keyType)
  return sql`
    SELECT count(*)::int AS looked,
      coalesce((array_agg(s.${raw(key)}::text ORDER BY s.${raw(key)} ${order}) FILTER (WHERE ${hasAny(fragments)} ${passes(search)}))
        [:${side.most}], '{}') AS keys
    FROM (SELECT t.${raw(key)}, t.text FROM ${raw(`${table}_search`)} AS t WHERE t.account_id = ${accountId} ${range}
          ORDER BY t.${raw(key)} ${order} LIMIT ${texts}) AS s`
}

function amongOwn({ table, key, keyType, fragments, accountId, where, side }: Search, { from }: RowsWithin): Sql {
  const column = sql`${raw(table)}.${raw(key)}`
  const { order, range } = sideWords(side, column, keyType)
  return sql`
    SELECT ${column}::text AS key FROM ${from} CROSS JOIN LATERAL (
      SELECT t.text FROM ${raw(`${table}_search`)} AS t WHERE t.account_id = ${accountId} AND t.${raw(key)} = ${column} OFFSET 0) AS s
    WHERE ${hasAny(fragments)} ${where} ${range} ORDER BY ${column} ${order} LIMIT ${side.most}`
}

function bySlices(search: Search): Sql {
  const { table, key, keyType, accountId, fragments, side } = search
  const [texted, keyed] = [raw(`${table}_search`), raw(key)]
  const { order, beyond, range } = sideWords(side, sql`s.${keyed}`, keyType)
  const grams = fragments.map((fragment) => {
    const gramsOf = raw(isLong(fragment) ? 'search_long_grams' : 'search_grams')
    return sql`${gramsOf}(t.account_id, t.slice, t.text) @> ${gramsOf}(${accountId}, slice.name, search_fragment(${fragment}))`
  })
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
