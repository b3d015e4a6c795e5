import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { within as conditionWithin, type Hanging, hangingOf, type Reach } from '../reach.ts'

/** Where the items of a list are and how they are keyed. */
export interface Listing {
  /** A view, or a query in its place, with `account_id`, the key column and `document`. */
  view: string | Sql
  key: string
  keyType: 'uuid' | 'text'
  /** Whose page it is: nothing outside the reach is on it. */
  reach: Reach
  /** How its items hang on groups, where its view is a query or does not say so. */
  hanging?: Hanging
  where?: Sql
  /** Filters leave the rows in the order of their keys: nothing is sorted, so documents are read with the keys. */
  isOrdered?: boolean
  /** No fewer bytes than a document has, where that can be told without putting it together. */
  size?: Sql
}

/** Which way a page lies from its page key. */
export interface Cursor {
  limit: number
  direction: 'after' | 'before'
  key: string | undefined
}

export const defaultLimit = 100

export interface Row {
  key: string
  /** Null where the page ends early, before this item, and where nothing but `isBehind` is told. */
  document: string | null
  /** Set in the one row that says that there are items behind the page key. */
  isBehind: boolean
}

/** The words of a statement for what lies on each side of a page key. */
export const wordsOf = (direction: Cursor['direction']) =>
  direction === 'after'
    ? { ahead: 'ASC', behind: 'DESC', beyond: '>', upTo: '<=' }
    : { ahead: 'DESC', behind: 'ASC', beyond: '<', upTo: '>=' }

function sidesOf(direction: Cursor['direction']) {
  const { ahead, behind, beyond, upTo } = wordsOf(direction)
  return { ahead: raw(ahead), behind: raw(behind), beyond: raw(beyond), upTo: raw(upTo) }
}

/** No answer is larger than 8 MiB (docs/contract.md §1); what stands around the items takes some of it. */
export const maxAnswerBytes = 8 * 2 ** 20 - 2 ** 14

/**
 * The items of a page, which has their `key` and `size`, up to the one that makes the answer too large; that one does not fit. An
 * item that is too large by itself counts as one that fills a page: it comes if it is the first.
 */
export function cutToFit(page: Sql, ahead = raw('ASC')): Sql {
  const most = raw(String(maxAnswerBytes))
  return sql`
    (SELECT *, total <= ${most} AS fits
     FROM (SELECT *, sum(least(size, ${most})) OVER (ORDER BY key ${ahead} ROWS UNBOUNDED PRECEDING) AS total FROM (${page}) AS page)
       AS page
     WHERE total - least(size, ${most}) <= ${most}) AS cut`
}

/** The condition, beginning with AND, that items of a list are within its reach. */
const withinReach = ({ reach, view, hanging }: Listing, alias: string): Sql =>
  reach.groups === undefined ? empty : conditionWithin(reach, hanging ?? hangingOf(view), alias)

const sourceOf = (view: Listing['view']) => (typeof view === 'string' ? raw(view) : sql`(${view})`)

/**
 * The item of a list with a key, for each row before it. As a join it may be merged with all items up to the page, where PostgreSQL
 * knows little of the table.
 */
export const lookedUp = (listing: Listing, columns: Sql, of: Sql, condition = empty): Sql => {
  const { view, key, reach } = listing
  return sql`
  LATERAL (SELECT ${columns} FROM ${sourceOf(view)} AS item
           WHERE item.account_id = ${reach.accountId} AND item.${raw(key)} = ${of} ${condition} ${withinReach(listing, 'item')} OFFSET 0) AS item`
}

/**
 * Reads a page by key range, and one item more. It ends before the item with which it would be too large, which comes
 * without its document; one that is too large by itself comes alone. So no more than a page ever leaves PostgreSQL.
 */
export function pageStatement(listing: Listing, { limit, direction, key }: Cursor): Sql {
  const { view, size, isOrdered } = listing
  const { accountId } = listing.reach
  const [asked, within] = [listing.where ?? empty, withinReach(listing, 'listed')]
  const where = asked === empty && within === empty ? empty : sql`${asked} ${within}`
  const source = sourceOf(view)
  const [column, cast] = [raw(listing.key), raw(listing.keyType)]
  const { ahead, behind, beyond, upTo } = sidesOf(direction)
  const range = key === undefined ? empty : sql`AND ${column} ${beyond} ${key}::${cast}`
  const select = (more: Sql) => sql`
    SELECT ${column} AS key ${more} FROM ${source} AS listed WHERE account_id = ${accountId} ${where} ${range}
    ORDER BY ${column} ${ahead} LIMIT ${raw(String(limit + 1))}`
  const document = (of: Sql, condition = empty) => lookedUp(listing, sql`item.document::text`, of, condition)
  const cut = (page: Sql) => cutToFit(page, ahead)
  const withDocuments = (page: Sql) => sql`
    SELECT cut.key::text, CASE WHEN fits THEN document END AS document, false AS "isBehind"
    FROM ${cut(sql`SELECT key, document, octet_length(document) + 1 AS size FROM (${page}) AS page`)}
    ORDER BY cut.key ${ahead}`
  const page = () => {
    // With a filter, keys first and documents after: what is sorted or passed over is narrow.
    if (!size && (where === empty || isOrdered)) return withDocuments(select(sql`, document::text`))
    if (!size)
      return withDocuments(
        sql`SELECT page.key, document FROM (${select(empty)}) AS page CROSS JOIN ${document(sql`page.key`)}`,
      )
    return sql`
      SELECT cut.key::text, document, false AS "isBehind"
      FROM ${cut(select(sql`, ${size} AS size`))} LEFT JOIN ${document(sql`cut.key`, sql`AND fits`)} ON true ORDER BY cut.key ${ahead}`
  }
  if (key === undefined) return page()
  return sql`
    (SELECT ${column}::text AS key, NULL AS document, true AS "isBehind" FROM ${source} AS listed
     WHERE account_id = ${accountId} ${where} AND ${column} ${upTo} ${key}::${cast}
     ORDER BY ${column} ${behind} LIMIT 1)
    UNION ALL (${page()})`
}
