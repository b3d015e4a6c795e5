import type { PageQuery } from '@mason/contract/common'
import sql from 'sql-template-tag'
import type { Prepared } from '../../core/db/database.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { type Page, readCursor } from '../../core/http/page.ts'
import { type Cursor, defaultLimit, maxAnswerBytes, wordsOf } from '../../core/http/page-statement.ts'

/**
 * A page of the whole fleet, which scripts read most: devices and heartbeats are both read by the range of the page, and no
 * heartbeat is looked up. These pages share a pipelined connection.
 *
 * @returns undefined where there is no device, or a document is so long that the page might be too large; then lengths must be
 * added up.
 */
export async function readWholeFleet(pages: HotReads, accountId: string, query: PageQuery): Promise<Page | undefined> {
  const cursor = readCursor(query, 'uuid')
  const { limit, direction, key } = cursor
  const texts = await pages.texts({
    ...statementOf(cursor),
    values: key === undefined ? [accountId] : [accountId, key],
  })
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

/** What a document begins with; this spares a column beside each. */
const idOf = (document = '') => /^\{"id":"([^"]+)"/.exec(document)?.[1]

type Statement = Pick<Prepared, 'name' | 'text'>

/** The statements of pages of the usual size: to write and name one takes longer than to ask for it. */
const usual = new Map<string, Statement>()

/**
 * Every size is another statement, and the connection keeps those that are prepared. With the size as a parameter PostgreSQL would
 * plan anew each time.
 */
function statementOf(cursor: Cursor): Statement {
  if (cursor.limit !== defaultLimit) return { name: '', text: wholeFleet(cursor) }
  const kind = `${cursor.direction} ${cursor.key === undefined}`
  const known = usual.get(kind) ?? { name: `fleet ${kind}`, text: wholeFleet(cursor) }
  usual.set(kind, known)
  return known
}

/** Lengths are known without a look at the texts: a document may have a megabyte. The rest has no more than 256 bytes. */
export const documentSize = sql`(octet_length(identity) + octet_length(os) + octet_length(connection) + octet_length(apps) + 256)`

/** Both ranges end at the same key, as every device has a heartbeat. A document has its share of the page, or is none. */
function wholeFleet({ limit, direction, key }: Cursor): string {
  const { ahead, behind, beyond, upTo } = wordsOf(direction)
  const rangeOf = (column: string) => `
    WHERE account_id = $1 ${key === undefined ? '' : `AND ${column} ${beyond} $2::uuid`} ORDER BY ${column} ${ahead} LIMIT ${limit + 1}`
  const page = `
    SELECT CASE WHEN ${documentSize.text} <= ${Math.floor(maxAnswerBytes / limit)} THEN device_text(
             identity, device_head(last_checkin_text, online, os_updated, apps_updated, project_updated, imei, battery),
             os, connection, apps) ELSE '' END AS document
    FROM (SELECT id, identity, online, os_updated, apps_updated, project_updated, imei, os, apps FROM device ${rangeOf('id')}) AS d
    JOIN (SELECT device_id, last_checkin_text, battery, connection FROM heartbeat ${rangeOf('device_id')}) AS h ON device_id = id
    ORDER BY id ${ahead}`
  if (key === undefined) return page
  return `
    (SELECT NULL AS document FROM device WHERE account_id = $1 AND id ${upTo} $2::uuid ORDER BY id ${behind} LIMIT 1)
    UNION ALL (${page})`
}
