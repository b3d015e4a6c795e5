import { type NotificationType, scopeOf } from '@mason/contract/notification'
import sql, { type Sql } from 'sql-template-tag'
import { type Actor, requireScope } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { isUuid } from '../../core/http/validation.ts'
import { portion } from '../../core/jobs/portion.ts'
import { onDevice } from '../../core/reach.ts'
import { rowsWithin } from '../../core/rows-within.ts'

// A batch as somebody sees it who is restricted to groups: there is nothing of it but the commands to the devices of these.

interface Within {
  type: NotificationType
  isOwn: boolean
  document: string
}

/** @throws AppError (404) where the batch has no command to a device within the reach, and is none of the actor's own. */
export async function readBatchWithin(db: Db, actor: Actor, id: string): Promise<Within> {
  if (!isUuid(id)) throw notFound('batch')
  const commands = await commandsWithin(db, actor, id)
  const { rows } = await db.query<Within & { commands: number }>(sql`
    SELECT b.type, b.is_own AS "isOwn", w.commands::float8 AS commands, json_strip_nulls(json_build_object(
      'id', b.id, 'self', '/v1/default/batch/' || b.id, 'type', b.type, 'total', w.commands, 'states', w.states,
      'createdBy', with_name(b.account_id, b.created_by), 'createdAt', iso_time(b.created_at)))::text AS document
    FROM (SELECT *, created_by @> ${actorDocument(actor)}::jsonb IS TRUE AS is_own
          FROM batch WHERE account_id = ${actor.accountId} AND id = ${id}) AS b
    CROSS JOIN LATERAL (
      SELECT coalesce(json_object_agg(state, devices ORDER BY state), '{}') AS states, coalesce(sum(devices), 0) AS commands
      FROM (SELECT state, sum(devices) AS devices FROM (
              SELECT CASE WHEN b.canceled_at IS NOT NULL AND ${isOpen} THEN 'canceled' ELSE n.state END AS state, 1 AS devices
              FROM ${commands} AS n
              -- All of one's own that are still to be queued were within the reach when they were asked for.
              UNION ALL SELECT CASE WHEN b.canceled_at IS NULL THEN 'queued' ELSE 'canceled' END, greatest(0, b.total - (
                SELECT coalesce(sum(c.devices), 0) FROM batch_counts(b.account_id, b.id, b.is_counted) AS c))
              WHERE b.is_own AND b.is_counted) AS each
            GROUP BY state HAVING sum(devices) > 0) AS states) AS w`)
  const [batch] = rows
  if (!batch || (batch.commands === 0 && !batch.isOwn)) throw notFound('batch')
  return batch
}

const isOpen = sql`n.state IN ('queued', 'sent', 'acknowledged')`

/**
 * The commands of a batch to devices within the reach, as a query in parentheses: found by the devices where these are few, for a batch
 * may be for the whole fleet.
 */
async function commandsWithin(db: Db, actor: Actor, id: string): Promise<Sql> {
  const own = await rowsWithin(db, actor, 'device')
  const ofBatch = sql`n.account_id = ${actor.accountId} AND n.batch_id = ${id}`
  if (!own.areFew)
    return sql`(SELECT n.id, n.state FROM notification AS n WHERE ${ofBatch} ${onDevice(actor, sql`n.device_id`)})`
  // The ids of its commands came after its own.
  return sql`(SELECT command.* FROM ${own.from} CROSS JOIN LATERAL (
    SELECT n.id, n.state FROM notification AS n
    WHERE ${ofBatch} AND n.device_id = device.id AND n.id > ${id} OFFSET 0) AS command)`
}

/** Cancels what is open of somebody else's batch to the devices within the reach, in portions; the rest of it goes on. */
export async function cancelWithin(db: Db, actor: Actor, id: string, type: NotificationType): Promise<void> {
  requireScope(actor, scopeOf(type))
  const commands = await commandsWithin(db, actor, id)
  for (let canceled = portion; canceled > 0; ) {
    const { rows } = await db.query<{ id: string }>(sql`
      SELECT n.id FROM ${commands} AS n WHERE CASE WHEN ${isOpen} THEN true ELSE false END LIMIT ${portion}`)
    if (rows.length === 0) return
    // The first transaction has the entry of the audit trail.
    canceled = await db.transaction(async (tx) => {
      const { rowCount } = await tx.query(sql`
        UPDATE notification AS n SET state = 'canceled', finished_at = now(), changed_by = ${actorDocument(actor)}
        WHERE account_id = ${actor.accountId} AND id = ANY (${rows.map((row) => row.id)}::uuid[]) AND ${isOpen}
          ${onDevice(actor, sql`n.device_id`)}`)
      return rowCount ?? 0
    })
  }
}
