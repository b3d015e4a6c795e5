import sql, { empty, raw, type Sql } from 'sql-template-tag'

/** Where the items of a list are and how they are keyed. */
export interface Listing {
  /** A view, or a query in its place, with `account_id`, the key column and `document`. */
  view: string | Sql
  key: string
  keyType: 'uuid' | 'text'
  accountId: string
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
 * Reads a page by key range, and one item more. It ends before the item with which it would be too large, which comes
 * without its document; one that is too large by itself comes alone. So no more than a page ever leaves PostgreSQL.
 */
export function pageStatement(listing: Listing, { limit, direction, key }: Cursor): Sql {
  const { view, accountId, where = empty, size, isOrdered } = listing
  const source = typeof view === 'string' ? raw(view) : sql`(${view})`
  const [column, cast] = [raw(listing.key), raw(listing.keyType)]
  const { ahead, behind, beyond, upTo } = sidesOf(direction)
  const range = key === undefined ? empty : sql`AND ${column} ${beyond} ${key}::${cast}`
  const select = (more: Sql) => sql`
    SELECT ${column} AS key ${more} FROM ${source} AS listed WHERE account_id = ${accountId} ${where} ${range}
    ORDER BY ${column} ${ahead} LIMIT ${raw(String(limit + 1))}`
  const shown = (of: Sql) => sql`${source} AS shown ON shown.account_id = ${accountId} AND shown.${column} = ${of}.key`
  const most = raw(String(maxAnswerBytes))
  // An item that is too large counts as one that fills a page: it comes if it is the first.
  const cut = (page: Sql) => sql`
    (SELECT *, total <= ${most} AS fits
     FROM (SELECT *, sum(least(size, ${most})) OVER (ORDER BY key ${ahead} ROWS UNBOUNDED PRECEDING) AS total FROM (${page}) AS page)
       AS page
     WHERE total - least(size, ${most}) <= ${most}) AS cut`
  const withDocuments = (page: Sql) => sql`
    SELECT cut.key::text, CASE WHEN fits THEN document END AS document, false AS "isBehind"
    FROM ${cut(sql`SELECT key, document, octet_length(document) + 1 AS size FROM (${page}) AS page`)}
    ORDER BY cut.key ${ahead}`
  const page = () => {
    // With a filter, keys first and documents after: what is sorted or passed over is narrow.
    if (!size && (where === empty || isOrdered)) return withDocuments(select(sql`, document::text`))
    if (!size)
      return withDocuments(
        sql`SELECT page.key, shown.document::text FROM (${select(empty)}) AS page JOIN ${shown(sql`page`)}`,
      )
    return sql`
      SELECT cut.key::text, shown.document::text, false AS "isBehind"
      FROM ${cut(select(sql`, ${size} AS size`))} LEFT JOIN ${shown(sql`cut`)} AND fits ORDER BY cut.key ${ahead}`
  }
  if (key === undefined) return page()
  return sql`
    (SELECT ${column}::text AS key, NULL AS document, true AS "isBehind" FROM ${source} AS listed
     WHERE account_id = ${accountId} ${where} AND ${column} ${upTo} ${key}::${cast}
     ORDER BY ${column} ${behind} LIMIT 1)
    UNION ALL (${page()})`
}
