import type { PageQuery } from '@mason/contract/common'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { prepared } from '../../core/db/database.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { type Page, readCursor } from '../../core/http/page.ts'
import { type Cursor, defaultLimit, maxAnswerBytes, sidesOf } from '../../core/http/page-statement.ts'

/**
 * A page of the whole fleet, which scripts read most: devices and heartbeats are both read by the range of the page, and no
 * heartbeat is looked up. These pages share a pipelined connection.
 *
 * @returns undefined where there is no device, or a document is so long that the page might be too large; then lengths must be
 * added up.
 */
export async function readWholeFleet(pages: HotReads, accountId: string, query: PageQuery): Promise<Page | undefined> {
  const cursor = readCursor(query, 'uuid')
  const { limit, direction } = cursor
  const statement = wholeFleet(accountId, cursor)
  // Every size is another statement, and the connection keeps those that are prepared. With the size as a parameter PostgreSQL
  // would plan anew each time.
  const texts = await pages.texts(
    limit === defaultLimit ? prepared(statement) : { name: '', text: statement.text, values: statement.values },
  )
  const isBehind = texts[0] === behind
  const found = texts.slice(isBehind ? 1 : 0).filter((text) => text !== null)
  if (found.length === 0 || found.includes(tooLong)) return undefined
  const documents = found.slice(0, limit)
  const isAhead = found.length > limit
  if (direction === 'before') documents.reverse()
  const [isPrevious, isNext] = direction === 'after' ? [isBehind, isAhead] : [isAhead, isBehind]
  return {
    documents,
    previous: isPrevious ? idOf(documents[0]) : undefined,
    next: isNext ? idOf(documents.at(-1)) : undefined,
  }
}

/** What stands for a document that is too long, and, in front of all, for the devices behind the page key. */
const [tooLong, behind] = ['', null] as const

/** Spares a column beside each document. */
const idOf = (document: string | undefined): string => JSON.parse(document ?? '{}').id

/** Lengths are known without a look at the texts: a document may have a megabyte. The rest has no more than 256 bytes. */
export const documentSize = sql`(octet_length(identity) + octet_length(os) + octet_length(connection) + octet_length(apps) + 256)`

/** Both ranges end at the same key, as every device has a heartbeat. A document has its share of the page, or is none. */
function wholeFleet(accountId: string, { limit, direction, key }: Cursor): Sql {
  const { ahead, behind, beyond, upTo } = sidesOf(direction)
  const rangeOf = (column: Sql) => sql`
    WHERE account_id = ${accountId} ${key === undefined ? empty : sql`AND ${column} ${beyond} ${key}::uuid`}
    ORDER BY ${column} ${ahead} LIMIT ${raw(String(limit + 1))}`
  const page = sql`
    SELECT CASE WHEN ${documentSize} <= ${raw(String(Math.floor(maxAnswerBytes / limit)))} THEN device_text(
             identity, device_head(last_checkin_text, online, os_updated, apps_updated, project_updated, imei, battery),
             os, connection, apps) ELSE '' END AS document
    FROM (SELECT id, identity, online, os_updated, apps_updated, project_updated, imei, os, apps
          FROM device ${rangeOf(raw('id'))}) AS d
    JOIN (SELECT device_id, last_checkin_text, battery, connection FROM heartbeat ${rangeOf(raw('device_id'))}) AS h
      ON device_id = id
    ORDER BY id ${ahead}`
  if (key === undefined) return page
  return sql`
    (SELECT NULL AS document FROM device
     WHERE account_id = ${accountId} AND id ${upTo} ${key}::uuid ORDER BY id ${behind} LIMIT 1)
    UNION ALL (${page})`
}
