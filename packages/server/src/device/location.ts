import type { LocationQuery } from '@mason/contract/device'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { notFound } from '../errors.ts'
import { isUuid } from '../http/validation.ts'

/** Where a device was, newest first: start ≤ recordedAt < end. */
export async function listLocations(
  db: Db,
  actor: Actor,
  id: string,
  { start, end, limit = 10_000 }: LocationQuery,
): Promise<string[]> {
  if (!isUuid(id)) throw notFound('device')
  const { rows } = await db.query<{ document: string | null }>(sql`
    SELECT l.document::text
    FROM device AS d
    LEFT JOIN LATERAL (
      SELECT document, recorded_at FROM location_document AS l
      WHERE l.account_id = d.account_id AND l.device_id = d.id
        AND recorded_at >= ${(start && parseTime(start)) ?? '-infinity'} AND recorded_at < ${(end && parseTime(end)) ?? 'infinity'}
      ORDER BY recorded_at DESC LIMIT ${limit}) AS l ON true
    WHERE d.account_id = ${actor.accountId} AND d.id = ${id}
    ORDER BY l.recorded_at DESC`)
  if (rows.length === 0) throw notFound('device')
  return rows.flatMap((row) => row.document ?? [])
}
