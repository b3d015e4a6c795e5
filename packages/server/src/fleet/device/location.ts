import type { LocationQuery } from '@mason/contract/device'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { isUuid } from '../../core/http/validation.ts'
import { withinTable } from '../../core/reach.ts'

/**
 * Where a device was, newest first by arrival. `start` and `end` choose by `recordedAt` where that can be right: a device's
 * clock that is wrong hides no location.
 */
export async function listLocations(
  db: Db,
  actor: Actor,
  id: string,
  { start, end, limit = 10_000 }: LocationQuery,
): Promise<string[]> {
  if (!isUuid(id)) throw notFound('device')
  const from = (start && parseTime(start)) ?? '-infinity'
  const { rows } = await db.query<{ document: string | null }>(sql`
    SELECT l.document::text
    FROM device AS d
    LEFT JOIN LATERAL (
      SELECT document, received_at FROM location_document AS l
      WHERE l.account_id = d.account_id AND l.device_id = d.id AND received_at >= ${from}
        AND at >= ${from} AND at < ${(end && parseTime(end)) ?? 'infinity'}
      ORDER BY received_at DESC LIMIT ${limit}) AS l ON true
    WHERE d.account_id = ${actor.accountId} AND d.id = ${id} ${withinTable(actor, 'device', 'd')}
    ORDER BY l.received_at DESC`)
  if (rows.length === 0) throw notFound('device')
  return rows.flatMap((row) => row.document ?? [])
}
