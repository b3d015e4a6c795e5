import {
  destructiveTypes,
  type NewBatch,
  type NewNotification,
  type NotificationQuery,
  type NotificationType,
  scopeOf,
  type Target,
} from '@mason/contract/notification'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireScope } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { filter } from '../device/list.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { actorDocument } from '../event/record.ts'
import { type Page, readPage } from '../http/page.ts'
import { isUuid } from '../http/validation.ts'
import type { Nudge } from '../nudge.ts'
import { commandText, type Delivery } from './delivery.ts'

const defaultSeconds = 86_400
/** With `expiresIn: 0` the device is online; it gets as long as an answer may take. */
const onlineNowSeconds = 300
const payloadLimit = 64 * 1024
const open = sql`state IN ('queued', 'sent', 'acknowledged')`

export function list(db: Db, actor: Actor, query: NotificationQuery): Promise<Page> {
  const { device, batch, type, state } = query
  const conditions: Sql[] = []
  for (const [column, id] of [
    [sql`device_id`, device],
    [sql`batch_id`, batch],
  ] as const)
    if (id !== undefined) conditions.push(isUuid(id) ? sql`${column} = ${id}` : sql`false`)
  if (type !== undefined) conditions.push(sql`type = ${type}`)
  if (state !== undefined) conditions.push(sql`state = ${state}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  return readPage(
    db,
    { view: 'notification_document', key: 'id', keyType: 'uuid', accountId: actor.accountId, where },
    query,
  )
}

export async function get(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('notification')
  const { rows } = await db.query<{ document: string }>(
    sql`SELECT document FROM notification_document WHERE account_id = ${actor.accountId} AND id = ${id}`,
  )
  if (!rows[0]) throw notFound('notification')
  return rows[0].document
}

/** Queues a notification for one device. */
export async function notify(
  db: Db,
  nudge: Nudge,
  actor: Actor,
  deviceId: string,
  input: NewNotification,
): Promise<string> {
  requireScope(actor, scopeOf(input.type))
  if (!isUuid(deviceId)) throw notFound('device')
  return db.transaction(async (tx) => {
    const { id, sent } = await queue(tx, nudge, actor, sql`id = ${deviceId}`, input, null)
    if (id === null) throw notFound('device')
    tx.afterCommit(() => nudge.queued({ accountId: actor.accountId, id }, sent))
    return get(tx, actor, id)
  })
}

/** Queues a notification for every device of the target, in one statement, or for none. */
export async function notifyMany(db: Db, nudge: Nudge, actor: Actor, input: NewBatch): Promise<string> {
  const { type, target, dryRun = false } = input
  requireScope(actor, scopeOf(type))
  return db.transaction(async (tx) => {
    const where = await condition(tx, actor, target)
    if (dryRun) return JSON.stringify({ type, total: await count(tx, actor, where), dryRun: true })
    const id = uuidv7()
    const { total, sent } = await queue(tx, nudge, actor, where, input, id)
    guard(input, total)
    await insertBatch(tx, actor, { id, type, total })
    tx.afterCommit(() => nudge.queued({ accountId: actor.accountId, batch: id }, sent))
    return getBatch(tx, actor, id)
  })
}

/** What cannot be taken back asks whether the sender knows how far it reaches; the refusal undoes the queueing. */
function guard({ type, confirm, expect }: NewBatch, total: number): void {
  const isGuarded = destructiveTypes.includes(type)
  // One device needs no such words; but those that are given must be right.
  const isNamed = confirm === type || (confirm === undefined && total <= 1)
  const isCounted = expect === total || (expect === undefined && total <= 1)
  if (!isGuarded || (isNamed && isCounted)) return
  throw new AppError(
    'conflict_error',
    `${type} would reach ${total} devices: send confirm ${JSON.stringify(type)} and expect ${total} if that is what you mean`,
  )
}

async function condition(tx: Db, actor: Actor, target: Target): Promise<Sql> {
  if ('group' in target) {
    const { rowCount } = await tx.query(
      sql`SELECT FROM device_group WHERE account_id = ${actor.accountId} AND name = ${target.group}`,
    )
    if (rowCount === 0) throw new AppError('not_found_error', `There is no group ${JSON.stringify(target.group)}`)
    return sql`group_name = ${target.group}`
  }
  if ('filter' in target) return sql`true ${filter(target.filter)}`
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT t.id FROM unnest(${target.devices}::uuid[]) AS t (id)
    WHERE NOT EXISTS (SELECT FROM device AS d WHERE d.account_id = ${actor.accountId} AND d.id = t.id) LIMIT 1`)
  if (rows[0]) throw new AppError('not_found_error', `There is no device ${rows[0].id}`)
  return sql`id = ANY (${target.devices}::uuid[])`
}

async function count(tx: Db, actor: Actor, where: Sql): Promise<number> {
  const { rows } = await tx.query<{ total: number }>(
    sql`SELECT count(*)::int AS total FROM device WHERE account_id = ${actor.accountId} AND ${where}`,
  )
  return rows[0]?.total ?? 0
}

interface Request {
  type: NotificationType
  payload?: unknown
  expiresIn?: number
}

interface Made {
  total: number
  id: string | null
  createdAt: string
  expiresAt: string
  sent: { id: string; deviceId: string }[]
}

/** What is known of a device when it is told; that another one is reported afterwards shows that it was done. */
const knownTime: Partial<Record<NotificationType, Sql>> = { wipe: sql`reset_at`, check: sql`update_checked_at` }

/**
 * Writes a notification for each device of the condition. It is sent already where the device is connected at this node's
 * gateway, which lets it leave after the commit; it has failed where the device is not online now, if that was asked.
 */
async function queue(
  tx: Db,
  nudge: Nudge,
  actor: Actor,
  where: Sql,
  { type, payload, expiresIn = defaultSeconds }: Request,
  batch: string | null,
): Promise<{ total: number; id: string | null; sent: Delivery[] }> {
  const text = payload === undefined ? null : JSON.stringify(payload)
  if (text !== null && Buffer.byteLength(text) > payloadLimit)
    throw invalid('/payload', 'must be at most 64 KiB of JSON')
  const isNow = expiresIn === 0
  const expiresAt = sql`now() + make_interval(secs => ${isNow ? onlineNowSeconds : expiresIn})`
  const { rows } = await tx.query<Made>(sql`
    WITH made AS (
    INSERT INTO notification (account_id, id, device_id, batch_id, type, payload, state, reason, finished_at, sent_at,
                              delivered_at, boot_id, known_time, changed_by, gateway, expires_at)
    SELECT account_id, new_id(), id, ${batch}, ${type}, ${text}, state,
           CASE state WHEN 'failed' THEN 'offline' END, CASE state WHEN 'failed' THEN now() END,
           CASE state WHEN 'sent' THEN now() END, CASE state WHEN 'sent' THEN now() END, CASE state WHEN 'sent' THEN boot_id END,
           CASE state WHEN 'sent' THEN ${knownTime[type] ?? sql`NULL::timestamptz`} END,
           ${actorDocument(actor)}, gateway, ${expiresAt}
    FROM (SELECT *, CASE WHEN ${isNow} AND NOT online THEN 'failed' WHEN gateway = ${nudge.gateway} THEN 'sent'
                         ELSE 'queued' END AS state
          FROM device WHERE account_id = ${actor.accountId} AND ${where}) AS d
    ORDER BY id
    RETURNING id, device_id, state)
    SELECT count(*)::int AS total, min(id::text) AS id, iso_time(now()) AS "createdAt", iso_time(${expiresAt}) AS "expiresAt",
           coalesce(json_agg(json_build_object('id', id, 'deviceId', device_id)) FILTER (WHERE state = 'sent'), '[]') AS sent
    FROM made`)
  const [made] = rows
  if (!made) throw new Error('an aggregate has one row')
  const { total, id, sent, ...times } = made
  const command = (id: string) => commandText({ id, type, payload: text, ...times })
  return { total, id, sent: sent.map(({ id, deviceId }) => ({ deviceId, id, command: command(id) })) }
}

/** Queues what a change of the fleet brings with it, such as the reset of a device that is moved. */
export async function queueFor(
  tx: Db,
  nudge: Nudge,
  actor: Actor,
  deviceId: string,
  type: NotificationType,
): Promise<void> {
  const { id, sent } = await queue(tx, nudge, actor, sql`id = ${deviceId}`, { type }, null)
  if (id !== null) tx.afterCommit(() => nudge.queued({ accountId: actor.accountId, id }, sent))
}

/** The same for many devices, as one batch. */
export async function queueForMany(
  tx: Db,
  nudge: Nudge,
  actor: Actor,
  deviceIds: string[],
  type: NotificationType,
): Promise<void> {
  const batch = uuidv7()
  const { total, sent } = await queue(tx, nudge, actor, sql`id = ANY (${deviceIds}::uuid[])`, { type }, batch)
  await insertBatch(tx, actor, { id: batch, type, total })
  tx.afterCommit(() => nudge.queued({ accountId: actor.accountId, batch }, sent))
}

async function insertBatch(
  tx: Db,
  actor: Actor,
  { id, type, total }: { id: string; type: NotificationType; total: number },
): Promise<void> {
  await tx.query(sql`
    INSERT INTO batch (account_id, id, type, total, created_by)
    VALUES (${actor.accountId}, ${id}, ${type}, ${total}, ${actorDocument(actor)})`)
}

/** Cancels a notification that is not final; what was sent may still be carried out. */
export async function cancel(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('notification')
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ type: NotificationType; state: string }>(
      sql`SELECT type, state FROM notification WHERE account_id = ${actor.accountId} AND id = ${id} FOR UPDATE`,
    )
    if (!rows[0]) throw notFound('notification')
    requireScope(actor, scopeOf(rows[0].type))
    const { rowCount } = await tx.query(cancelWhere(actor, sql`id = ${id}`))
    if (rowCount === 0) throw new AppError('conflict_error', `The notification is ${rows[0].state} already`)
    return get(tx, actor, id)
  })
}

const cancelWhere = (actor: Actor, where: Sql) => sql`
  UPDATE notification SET state = 'canceled', finished_at = now(), changed_by = ${actorDocument(actor)}
  WHERE account_id = ${actor.accountId} AND ${where} AND ${open}`

export async function getBatch(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('batch')
  const { rows } = await db.query<{ document: string }>(
    sql`SELECT document::text FROM batch_document WHERE account_id = ${actor.accountId} AND id = ${id}`,
  )
  if (!rows[0]) throw notFound('batch')
  return rows[0].document
}

/** Cancels what of a batch is not final. */
export async function cancelBatch(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('batch')
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ type: NotificationType }>(
      sql`SELECT type FROM batch WHERE account_id = ${actor.accountId} AND id = ${id}`,
    )
    if (!rows[0]) throw notFound('batch')
    requireScope(actor, scopeOf(rows[0].type))
    await tx.query(cancelWhere(actor, sql`batch_id = ${id}`))
    return getBatch(tx, actor, id)
  })
}
