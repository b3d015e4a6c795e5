import type { EventQuery } from '@mason/contract/event'
import sql, { empty, join } from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { beginningWith } from '../db/prefix.ts'
import { type Page, readPage } from '../http/page.ts'
import { isUuid } from '../http/validation.ts'

export function list(db: Db, actor: Actor, query: EventQuery): Promise<Page> {
  const { type, device } = query
  const conditions = []
  if (device !== undefined) conditions.push(isUuid(device) ? sql`device_id = ${device}` : sql`false`)
  if (type?.endsWith('.')) conditions.push(sql`type LIKE ${beginningWith(type)}`)
  else if (type !== undefined) conditions.push(sql`type = ${type}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  return readPage(db, { view: 'event_document', key: 'id', keyType: 'text', accountId: actor.accountId, where }, query)
}

/** Where the stream of an account's events ends at this moment. */
export async function horizon(db: Db): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    sql`SELECT event_position(pg_snapshot_xmin(pg_current_snapshot()), 0) AS id`,
  )
  return rows[0]?.id ?? ''
}

export interface StreamedEvent {
  id: string
  type: string
  document: string
}

/** The events just behind this one, in order. */
export async function readAfter(db: Db, accountId: string, id: string, limit: number): Promise<StreamedEvent[]> {
  const { rows } = await db.query<StreamedEvent>(sql`
    SELECT id, type, document::text FROM event_document WHERE account_id = ${accountId} AND id > ${id}
    ORDER BY id LIMIT ${limit}`)
  return rows
}

/** Transaction numbers start again after a restore; events written from now on must still come last. */
export async function continueOrder(db: Db): Promise<void> {
  await db.query(sql`
    SELECT nextval('event_epoch')
    FROM (SELECT max(newest.id) AS id
          FROM account AS a
          CROSS JOIN LATERAL (SELECT id FROM event WHERE account_id = a.id ORDER BY id DESC LIMIT 1) AS newest) AS last
    WHERE last.id > event_position(pg_current_xact_id(), 0)`)
}
