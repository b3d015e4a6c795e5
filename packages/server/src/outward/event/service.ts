import type { EventQuery } from '@mason/contract/event'
import sql, { empty, join } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { isUuid } from '../../core/http/validation.ts'

export async function list(db: Db, actor: Actor, query: EventQuery): Promise<Page> {
  const { type, device } = query
  const conditions = []
  if (device !== undefined) conditions.push(isUuid(device) ? sql`device_id = ${device}` : sql`false`)
  if (type?.endsWith('.')) conditions.push(sql`type LIKE ${beginningWith(type)}`)
  else if (type !== undefined) conditions.push(sql`type = ${type}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  const view = sql`SELECT * FROM event_document WHERE id < ${await horizon(db)}`
  return readPage(db, { view, key: 'id', keyType: 'text', accountId: actor.accountId, where, isOrdered: true }, query)
}

/** The end of what has been decided: every event below this id is committed or will never be. */
export async function horizon(db: Db): Promise<string> {
  const { rows } = await db.query<{ id: string }>(sql`SELECT event_horizon() AS id`)
  return rows[0]?.id ?? ''
}

export interface StreamedEvent {
  id: string
  type: string
  document: string
}

/** Where a follower of an account's events is. */
export interface Place {
  accountId: string
  position: string
}

/**
 * The events behind each of these places, in order and at most `limit` of each; `end` is a horizon that was read before. One
 * statement, however many accounts are followed.
 */
export async function readBehind(db: Db, places: Place[], end: string, limit: number): Promise<StreamedEvent[][]> {
  // Only the partitions from here on are planned for.
  const earliest = places.reduce((least, { position }) => (position < least ? position : least), end)
  const { rows } = await db.query<StreamedEvent & { place: number }>(sql`
    SELECT place.index::int - 1 AS place, event.*
    FROM unnest(${places.map(({ accountId }) => accountId)}::uuid[], ${places.map(({ position }) => position)}::text[])
      WITH ORDINALITY AS place (account_id, position, index)
    CROSS JOIN LATERAL (
      SELECT id, type, document::text FROM event_document AS e
      WHERE e.account_id = place.account_id AND e.id > place.position COLLATE "C"
        AND e.id > ${earliest} AND e.id < ${end} ORDER BY e.id LIMIT ${limit}) AS event
    ORDER BY place.index, event.id`)
  const behind: StreamedEvent[][] = places.map(() => [])
  for (const { place, ...event } of rows) behind[place]?.push(event)
  return behind
}

/** How long the oldest transaction has been open that writes events: for so long it may hold back those of others. */
export async function lagSeconds(db: Db): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(sql`SELECT event_lag() AS seconds`)
  return rows[0]?.seconds ?? 0
}
