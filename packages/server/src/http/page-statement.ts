import sql, { empty, raw, type Sql } from 'sql-template-tag'

/** Where the items of a list are and how they are keyed. */
export interface Listing {
  /** A view, or a query in its place, with `account_id`, the key column and `document`. */
  view: string | Sql
  key: string
  keyType: 'uuid' | 'text'
  accountId: string
  where?: Sql
  /** About how many bytes a document has, where that can be told without putting it together. */
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

/** No answer is larger than 8 MiB (contract §1); what stands around the items takes some of it. */
export const maxAnswerBytes = 8 * 2 ** 20 - 2 ** 14

/**
 * Reads a page by key range, and one item more. It ends before the item with which it would be too large, which comes
 * without its document; one that is too large by itself comes alone. So no more than a page ever leaves PostgreSQL.
 */
export function pageStatement(listing: Listing, { limit, direction, key }: Cursor): Sql {
  const { view, accountId, where = empty, size } = listing
  const source = typeof view === 'string' ? raw(view) : sql`(${view})`
  const [column, cast] = [raw(listing.key), raw(listing.keyType)]
  const [ahead, behind] = direction === 'after' ? [raw('ASC'), raw('DESC')] : [raw('DESC'), raw('ASC')]
  const [beyond, upTo] = direction === 'after' ? [raw('>'), raw('<=')] : [raw('<'), raw('>=')]
  const range = key === undefined ? empty : sql`AND ${column} ${beyond} ${key}::${cast}`
  const select = (more: Sql) => sql`
    SELECT ${column} AS key ${more} FROM ${source} AS listed WHERE account_id = ${accountId} ${where} ${range}
    ORDER BY ${column} ${ahead} LIMIT ${raw(String(limit + 1))}`
  const shown = (of: Sql) => sql`${source} AS shown ON shown.account_id = ${accountId} AND shown.${column} = ${of}.key`
  const cut = (page: Sql) => sql`
    (SELECT *, total <= ${raw(String(maxAnswerBytes))} OR place = 1 AS fits
     FROM (SELECT *, sum(size) OVER so_far AS total, row_number() OVER so_far AS place FROM (${page}) AS page
           WINDOW so_far AS (ORDER BY key ${ahead} ROWS UNBOUNDED PRECEDING)) AS page
     WHERE total - size <= ${raw(String(maxAnswerBytes))} OR place = 2) AS cut`
  const withDocuments = (page: Sql) => sql`
    SELECT cut.key::text, CASE WHEN fits THEN document END AS document, false AS "isBehind"
    FROM ${cut(sql`SELECT key, document, octet_length(document) + 1 AS size FROM (${page}) AS page`)}
    ORDER BY cut.key ${ahead}`
  const page = () => {
    // With a filter, keys first and documents after: what is sorted or passed over is narrow.
    const isNarrow = where !== empty || (size && limit > defaultLimit)
    if (!isNarrow) return withDocuments(select(sql`, document::text`))
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
