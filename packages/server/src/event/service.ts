import type { EventQuery } from '@mason/contract/event'
import sql, { empty, join } from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { beginningWith } from '../db/prefix.ts'
import { type Page, readPage } from '../http/page.ts'
import { isUuid } from '../http/validation.ts'

export async function list(db: Db, actor: Actor, query: EventQuery): Promise<Page> {
  const { type, device } = query
  const conditions = []
  if (device !== undefined) conditions.push(isUuid(device) ? sql`device_id = ${device}` : sql`false`)
  if (type?.endsWith('.')) conditions.push(sql`type LIKE ${beginningWith(type)}`)
  else if (type !== undefined) conditions.push(sql`type = ${type}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  const view = sql`SELECT * FROM event_document WHERE id < ${await horizon(db)}`
  return readPage(db, { view, key: 'id', keyType: 'text', accountId: actor.accountId, where }, query)
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

/** The events of an account in order, between these ids; `end` is a horizon that was read before. */
export async function readBetween(
  db: Db,
  accountId: string,
  after: string,
  end: string,
  limit: number,
): Promise<StreamedEvent[]> {
  const { rows } = await db.query<StreamedEvent>(sql`
    SELECT id, type, document::text FROM event_document WHERE account_id = ${accountId} AND id > ${after} AND id < ${end}
    ORDER BY id LIMIT ${limit}`)
  return rows
}
