import type { PageQuery } from '@mason/contract/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sql } from 'sql-template-tag'
import { MAX, NIL } from 'uuid'
import { type Db, prepared } from '../db/database.ts'
import { HotReads } from '../db/hot.ts'
import { AppError, invalid } from '../errors.ts'
import { type Cursor, defaultLimit, type Listing, pageStatement, type Row } from './page-statement.ts'
import { isUuid } from './validation.ts'

/** A page of documents as JSON text, and the keys of its neighbours where there are any. */
export interface Page {
  documents: string[]
  previous: string | undefined
  next: string | undefined
}

/** @throws AppError when the page keys contradict each other or cannot be keys of this list. */
function readCursor({ limit = defaultLimit, before, after }: PageQuery, keyType: Listing['keyType']): Cursor {
  if (before !== undefined && after !== undefined)
    throw new AppError('invalid_request_error', 'before and after exclude each other')
  for (const [name, key] of Object.entries({ before, after }))
    if (keyType === 'uuid' && key !== undefined && !isUuid(key))
      throw invalid(`/${name}`, 'is not a page key of this list')
  return { limit, direction: before === undefined ? 'after' : 'before', key: before ?? after }
}

/** The database, or a connection of its own for a list that is read very often. */
type Readable = Db | HotReads

/** Reads a page by key range, never by offset: any depth costs the same, and a key stays valid when its item is gone. */
export async function readPage(db: Readable, listing: Listing, query: PageQuery): Promise<Page> {
  const cursor = readCursor(query, listing.keyType)
  const statement = pageStatement(listing, cursor)
  const { rows } =
    db instanceof HotReads
      ? await db.query<Row>(hot(statement, cursor.limit === defaultLimit))
      : await db.query<Row>(statement)
  return toPage(cursor, rows, listing.keyType)
}

/**
 * Pages of the usual size are prepared; every size is another statement. With the size as a parameter PostgreSQL would plan
 * anew each time (0.7 ms a page against 0.5).
 */
const hot = (statement: Sql, isKept: boolean) =>
  isKept ? prepared(statement) : { name: '', text: statement.text, values: statement.values }

/** Cuts off what is more than asked for or than fits, and puts a page that was read backwards the right way round. */
function toPage({ limit, direction, key = '' }: Cursor, rows: Row[], keyType: Listing['keyType']): Page {
  const isBehind = rows[0]?.isBehind === true
  const found = isBehind ? rows.slice(1) : rows
  const items = found.slice(0, limit).filter(({ document }) => document !== null)
  const isMore = items.length < found.length
  if (direction === 'before') items.reverse()
  const [isPrevious, isNext] = direction === 'after' ? [isBehind, isMore] : [isMore, isBehind]
  return {
    documents: items.map((item) => item.document ?? ''),
    previous: isPrevious ? (items[0]?.key ?? ends(keyType, key).last) : undefined,
    next: isNext ? (items.at(-1)?.key ?? ends(keyType, key).first) : undefined,
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

/**
 * Puts a page together as bytes, each document straight into its place: joined as a string first, a hundred of them are copied
 * three more times on their way out (measured 370 µs against 720).
 */
function bytesOf(start: string, documents: string[], end: string): Buffer {
  let length = start.length + Buffer.byteLength(end) + Math.max(0, documents.length - 1)
  for (const document of documents) length += Buffer.byteLength(document)
  const bytes = Buffer.allocUnsafe(length)
  let place = bytes.write(start)
  for (const [index, document] of documents.entries()) {
    if (index > 0) place += bytes.write(',', place)
    place += bytes.write(document, place)
  }
  bytes.write(end, place)
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
