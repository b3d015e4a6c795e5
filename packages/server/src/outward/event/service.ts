import type { EventQuery, EventStreamQuery } from '@mason/contract/event'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { type Actor, type Groups, isRestricted } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { type Page, readFound, readPage } from '../../core/http/page.ts'
import type { Side } from '../../core/http/side.ts'
import { conditionsOf, findEvents, isWanted } from './find.ts'
import { listTold } from './told.ts'

export async function list(db: Db, actor: Actor, query: EventQuery): Promise<Page> {
  const { limit: _, before: __, after: ___, ...filters } = query
  const { accountId } = actor
  const { type, device, subject, actor: author, job, single } = filters
  const end = await horizon(db)
  if (isRestricted(actor)) return listTold(db, actor, query, end)
  const view = sql`SELECT * FROM event_document AS e WHERE id < ${end}`
  const listing = { view, key: 'id', keyType: 'text', reach: actor, isOrdered: true } as const
  if (single || [subject, author, job].some((filter) => filter !== undefined))
    return readFound(db, listing, query, (side) => findEvents(db, { accountId, end, query: filters, side }))
  if (type?.endsWith('.') && device === undefined)
    return readFound(db, listing, query, (side) => findOfKind(db, accountId, type, end, side))
  const matching = sql`${view} ${conditionsOf(filters)}`
  return readPage(db, { ...listing, view: matching }, query)
}

/** The ids of events whose types begin alike: the first ones of each type, of which there are few. */
async function findOfKind(db: Db, accountId: string, start: string, end: string, side: Side): Promise<string[]> {
  const { isUp, key, isWithKey, most } = side
  // Nothing lies between a text and the same one with U+0001 behind it.
  const behind = `${key}\u0001`
  const [from, to] = isUp ? [isWithKey ? key : behind, end] : ['', isWithKey ? behind : key]
  const next = (after: Sql) => sql`
    SELECT e.type FROM event AS e WHERE e.account_id = ${accountId} AND e.type LIKE ${beginningWith(start)} ${after}
    ORDER BY e.type USING ~<~ LIMIT 1`
  const { rows } = await db.query<{ id: string }>(sql`
    WITH RECURSIVE kind (type) AS (
      (${next(empty)})
      UNION ALL SELECT (${next(sql`AND e.type ~>~ kind.type`)}) FROM kind WHERE type IS NOT NULL)
    SELECT id FROM kind CROSS JOIN LATERAL first_events_of_type(
      ${accountId}, kind.type, ${key === undefined ? '' : from}, least(${end}, ${key === undefined ? end : to} COLLATE "C"), ${isUp}, ${most}) AS id
    ORDER BY id COLLATE "C" ${raw(isUp ? 'ASC' : 'DESC')} LIMIT ${most}`)
  return rows.map(({ id }) => id)
}

/** The end of what has been decided: every event below this id is committed or will never be. */
export async function horizon(db: Db): Promise<string> {
  const { rows } = await db.query<{ id: string }>(sql`SELECT event_horizon() AS id`)
  return rows[0]?.id ?? ''
}

export interface StreamedEvent {
  id: string
  type: string
  deviceId: string | null
  /** Null where the follower is not told of it. */
  document: string | null
}

/** Where a follower of an account's events is, and of which groups it is told, if not of all. */
export interface Place {
  accountId: string
  groups?: Groups
  position: string
}

/**
 * The events behind each of these places, in order and at most `limit` of each; `end` is a horizon that was read before. One
 * statement, however many accounts are followed.
 */
export async function readBehind(db: Db, places: Place[], end: string, limit: number): Promise<StreamedEvent[][]> {
  // Only the partitions from here on are planned for.
  const earliest = places.reduce((least, { position }) => (position < least ? position : least), end)
  // Where nobody is restricted, as webhooks are not, nothing is asked that an earlier version of the database has not.
  const document = places.some(({ groups }) => groups)
    ? sql`CASE WHEN place.groups IS NULL THEN document::text ELSE told_text(e.account_id, e.id, place.groups) END`
    : sql`document::text`
  const { rows } = await db.query<StreamedEvent & { place: number }>(sql`
    SELECT place.index::int - 1 AS place, event.*
    FROM unnest(${places.map(({ accountId }) => accountId)}::uuid[], ${places.map(({ position }) => position)}::text[],
                ${places.map(({ groups }) => (groups ? JSON.stringify(groups) : null))}::jsonb[])
      WITH ORDINALITY AS place (account_id, position, groups, index)
    CROSS JOIN LATERAL (
      SELECT id, type, device_id AS "deviceId", ${document} AS document FROM event_document AS e
      WHERE e.account_id = place.account_id AND e.id > place.position COLLATE "C"
        AND e.id > ${earliest} AND e.id < ${end} ORDER BY e.id LIMIT ${limit}) AS event
    ORDER BY place.index, event.id`)
  const behind: StreamedEvent[][] = places.map(() => [])
  for (const { place, ...event } of rows) behind[place]?.push(event)
  return behind
}

/** Says of events whether these filters let them through, as they do in the list. */
export const wantedBy =
  ({ type, device, ...filters }: EventStreamQuery) =>
  ({ document, ...event }: Pick<StreamedEvent, 'type' | 'deviceId' | 'document'>) =>
    (type === undefined || (type.endsWith('.') ? event.type.startsWith(type) : event.type === type)) &&
    (device === undefined || event.deviceId === device.toLowerCase()) &&
    (Object.keys(filters).length === 0 || (document !== null && isWanted(JSON.parse(document), filters)))

/** How long the oldest transaction has been open that writes events: for so long it may hold back those of others. */
export async function lagSeconds(db: Db): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(sql`SELECT event_lag() AS seconds`)
  return rows[0]?.seconds ?? 0
}
