import sql, { empty, join, raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { notFound } from '../errors.ts'
import { hangingOf, type Reach, within } from '../reach.ts'
import { isUuid } from './validation.ts'

/**
 * Reads one document within a reach, as JSON text.
 *
 * @param noun what the resource is called.
 * @param key the columns of the view that it is known by; none for what an account has one of.
 * @throws AppError when there is none.
 */
export async function readOne(
  db: Db,
  reach: Reach,
  noun: string,
  view: `${string}_document`,
  key: Readonly<Record<string, string>> = {},
): Promise<string> {
  if (key.id !== undefined && !isUuid(key.id)) throw notFound(noun)
  const conditions = Object.entries({ account_id: reach.accountId, ...key }).map(
    ([column, value]) => sql`${raw(column)} = ${value}`,
  )
  const isWithin = reach.groups === undefined ? empty : within(reach, hangingOf(view), 'item')
  const { rows } = await db.query<{ document: string }>(
    sql`SELECT document::text FROM ${raw(view)} AS item WHERE ${join(conditions, ' AND ')} ${isWithin}`,
  )
  if (!rows[0]) throw notFound(noun)
  return rows[0].document
}
