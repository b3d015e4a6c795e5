import { hash } from 'node:crypto'
import type { PageQuery } from '@mason/contract/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { MAX, NIL } from 'uuid'
import type { Db, Prepared } from '../db/database.ts'
import { HotReads } from '../db/hot.ts'
import { AppError, invalid } from '../errors.ts'
import { isUuid } from './validation.ts'

/** A page of documents as JSON text, joined by commas, and the keys of its neighbours where there are any. */
export interface Page {
  documents: string
  previous: string | undefined
  next: string | undefined
}

/** Where the items of a list are and how they are keyed. */
export interface Listing {
  /** A view, or a query in its place, with `account_id`, the key column and `document`. */
  view: string | Sql
  key: string
  keyType: 'uuid' | 'text'
  accountId: string
  where?: Sql
}

/** Which way a page lies from its page key. */
interface Cursor {
  limit: number
  direction: 'after' | 'before'
  key: string | undefined
}

/** @throws AppError when the page keys contradict each other or cannot be keys of this list. */
function readCursor({ limit = 100, before, after }: PageQuery, keyType: Listing['keyType']): Cursor {
  if (before !== undefined && after !== undefined)
    throw new AppError('invalid_request_error', 'before and after exclude each other')
  for (const [name, key] of Object.entries({ before, after }))
    if (keyType === 'uuid' && key !== undefined && !isUuid(key))
      throw invalid(`/${name}`, 'is not a page key of this list')
  return { limit, direction: before === undefined ? 'after' : 'before', key: before ?? after }
}

/** The database, or a connection of its own for a list that is read very often. */
type Readable = Db | HotReads

/** A page as one row; nulls where there are no items. */
interface Row {
  documents: string | null
  first: string | null
  last: string | null
  /** Whether there are items on this page's far side, and on the other side of its page key. */
  is_more: boolean
  is_behind: boolean
}

/** Reads a page by key range, never by offset: any depth costs the same, and a key stays valid when its item is gone. */
export async function readPage(db: Readable, listing: Listing, query: PageQuery): Promise<Page> {
  const cursor = readCursor(query, listing.keyType)
  const statement = pageStatement(listing, cursor)
  const { rows } = db instanceof HotReads ? await db.query<Row>(prepared(statement)) : await db.query<Row>(statement)
  if (!rows[0]) throw new Error('a page is always one row')
  return toPage(cursor, rows[0], listing.keyType)
}

/** Saves the planning of a statement that is sent again and again; every shape of it is kept by every connection. */
const prepared = ({ text, values }: Sql): Prepared => ({ name: hash('sha1', text, 'base64'), text, values })

/** The documents are joined by PostgreSQL: a hundred rows would cost the driver more than all the rest. */
function pageStatement({ view, key, keyType, accountId, where = empty }: Listing, { limit, ...cursor }: Cursor): Sql {
  const [source, column] = [typeof view === 'string' ? raw(view) : sql`(${view})`, raw(key)]
  const isForward = cursor.direction === 'after'
  const [ahead, beyond, upTo] = isForward ? [raw('ASC'), raw('>'), raw('<=')] : [raw('DESC'), raw('<'), raw('>=')]
  const items = sql`FROM ${source} AS listed WHERE account_id = ${accountId} ${where}`
  const given = cursor.key === undefined ? undefined : sql`${cursor.key}::${raw(keyType)}`
  const inRange = sql`${items} ${given ? sql`AND ${column} ${beyond} ${given}` : empty} ORDER BY ${column} ${ahead}`
  const farEnd = isForward ? sql`(array_agg(page.key))[count(page.key)]` : sql`(array_agg(page.key))[1]`
  // With a filter, keys first and documents after: what is sorted or passed over is narrow, and looked for only once.
  const [page, isMore] =
    where === empty
      ? [
          sql`page AS (SELECT ${column} AS key, document::text ${inRange} LIMIT ${limit})`,
          sql`EXISTS (SELECT ${items} AND ${column} ${beyond} ${farEnd})`,
        ]
      : [
          sql`found AS MATERIALIZED (SELECT ${column} AS key ${inRange} LIMIT ${limit + 1}),
              page AS (SELECT found.key, item.document::text FROM (SELECT key FROM found LIMIT ${limit}) AS found
                       JOIN ${source} AS item ON item.account_id = ${accountId} AND item.${column} = found.key)`,
          sql`(SELECT count(*) FROM found) > ${limit}`,
        ]
  return sql`
    WITH ${page}
    SELECT string_agg(document, ',') AS documents, (array_agg(key))[1]::text AS first, (array_agg(key))[count(key)]::text AS last,
           ${isMore} AS is_more, ${given ? sql`EXISTS (SELECT ${items} AND ${column} ${upTo} ${given})` : sql`false`} AS is_behind
    FROM (SELECT * FROM page ORDER BY key) AS page`
}

function toPage({ direction, key = '' }: Cursor, row: Row, keyType: Listing['keyType']): Page {
  const [isPrevious, isNext] = direction === 'after' ? [row.is_behind, row.is_more] : [row.is_more, row.is_behind]
  return {
    documents: row.documents ?? '',
    previous: isPrevious ? (row.first ?? ends(keyType, key).last) : undefined,
    next: isNext ? (row.last ?? ends(keyType, key).first) : undefined,
  }
}

/**
 * Keys around every item, for the neighbours of an empty page: its own key would leave out the item that it names. Of
 * text, such as need no encoding in a URL where they will do.
 */
function ends(keyType: Listing['keyType'], key: string): { first: string; last: string } {
  if (keyType === 'uuid') return { first: NIL, last: MAX }
  return { first: key > '!' ? '!' : '\u0001', last: key < '~' ? '~' : '\u{10ffff}' }
}

/** Writes the envelope, and the Link header of RFC 8288 that says the same. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, { documents, previous, next }: Page): Buffer {
  let tail = ''
  const links: string[] = []
  if (previous !== undefined) {
    const key = JSON.stringify(previous)
    tail += `,"prevPage":${key},"prev":${key}`
    links.push(`<${neighbour(request, 'before', previous)}>; rel="prev"`)
  }
  if (next !== undefined) {
    const key = JSON.stringify(next)
    tail += `,"nextPage":${key},"next":${key}`
    links.push(`<${neighbour(request, 'after', next)}>; rel="next"`)
  }
  if (links.length > 0) reply.header('link', links.join(', '))
  return bytesOf('{"data":[', documents, `]${tail}}`)
}

/** Strings put together as bytes: joined as a string, a page would be copied three more times on its way out. */
function bytesOf(...parts: string[]): Buffer {
  const bytes = Buffer.allocUnsafe(parts.reduce((length, part) => length + Buffer.byteLength(part), 0))
  let end = 0
  for (const part of parts) end += bytes.write(part, end)
  return bytes
}

function neighbour(request: FastifyRequest, direction: 'before' | 'after', key: string): string {
  const start = request.url.indexOf('?')
  const path = start === -1 ? request.url : request.url.slice(0, start)
  const parameters = new URLSearchParams(start === -1 ? '' : request.url.slice(start))
  parameters.delete('before')
  parameters.delete('after')
  parameters.set(direction, key)
  return `${path}?${parameters}`
}

/** The envelope of one resource. */
export const envelope = (document: string) => `{"data":[${document}]}`
