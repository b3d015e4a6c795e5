import { cannotBeTold } from '@mason/contract/ability'
import type { DeviceKind } from '@mason/contract/device-kind'
import {
  type NewNotification,
  type NotificationQuery,
  type NotificationType,
  scopeOf,
} from '@mason/contract/notification'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { type Actor, isRestricted, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { onDevice, withinTable } from '../../core/reach.ts'
import { requireTimezone } from '../../core/window.ts'
import type { Leaving, WakeUps } from '../wake-ups.ts'
import { commandText } from './delivery.ts'
import { readTiming, type Timing, untimed } from './timing.ts'

/** With `expiresIn: 0` the device is online; it gets as long as an answer may take. */
const onlineNowSeconds = 300
const payloadLimit = 64 * 1024
const open = sql`state IN ('queued', 'sent', 'acknowledged')`

export function list(db: Db, actor: Actor, query: NotificationQuery): Promise<Page> {
  const { device, batch, single, type, state } = query
  const conditions: Sql[] = []
  for (const [column, id] of [
    [sql`device_id`, device],
    [sql`batch_id`, batch],
  ] as const)
    if (id !== undefined) conditions.push(isUuid(id) ? sql`${column} = ${id}` : sql`false`)
  if (single) conditions.push(sql`batch_id IS NULL`)
  // As in the indexes of migration 0039.
  if (type !== undefined) conditions.push(sql`type || '' = ${type}`)
  if (state !== undefined) conditions.push(sql`state || '' = ${state}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  return readPage(db, { view: 'notification_document', key: 'id', keyType: 'uuid', reach: actor, where }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'notification', 'notification_document', { id })
}

/** Queues a notification for one device. */
export async function notify(
  db: Db,
  wakeUps: WakeUps,
  actor: Actor,
  deviceId: string,
  input: NewNotification,
): Promise<string> {
  requireScope(actor, scopeOf(input.type))
  if (!isUuid(deviceId)) throw notFound('device')
  return db.transaction(async (tx) => {
    await requireDevice(tx, actor, deviceId)
    await refuseUnable(tx, actor, deviceId, input.type)
    const order = readOrder(input)
    await requireTimezone(tx, input.window?.timezone)
    const { id, leaving } = await queue(tx, wakeUps, actor, [deviceId], order, null)
    if (id === null) throw notFound('device')
    tx.afterCommit(() => wakeUps.queued({ accountId: actor.accountId, id }, leaving))
    return get(tx, actor, id)
  })
}

/** Holds the device where it is until the transaction ends: it could leave the groups of whoever asks. */
async function requireDevice(tx: Db, actor: Actor, id: string): Promise<void> {
  if (!isRestricted(actor)) return
  const { rowCount } = await tx.query(sql`
    SELECT FROM device WHERE account_id = ${actor.accountId} AND id = ${id} ${withinTable(actor, 'device')} FOR SHARE`)
  if (rowCount === 0) throw notFound('device')
}

/** @throws AppError when devices of its kind cannot do it. */
async function refuseUnable(tx: Db, { accountId }: Actor, deviceId: string, type: NotificationType): Promise<void> {
  const { rows } = await tx.query<{ kind: DeviceKind }>(
    sql`SELECT kind FROM device WHERE account_id = ${accountId} AND id = ${deviceId}`,
  )
  const why = rows[0] && cannotBeTold(rows[0].kind, type)
  if (why !== undefined) throw new AppError('conflict_error', `${why}. Nothing was sent.`)
}

/** What devices are told. */
export interface Order {
  type: NotificationType
  /** The sender's JSON. */
  payload: string | null
  /** None: only if the device is online now. */
  expiresAt: Sql | undefined
  timing: Timing
}

export function readOrder({ type, payload, ...input }: NewNotification): Order {
  const text = payload === undefined ? null : JSON.stringify(payload)
  if (text !== null && Buffer.byteLength(text) > payloadLimit)
    throw invalid('/payload', 'must be at most 64 KiB of JSON')
  return { type, payload: text, ...readTiming(input) }
}

/** Who is written down as the sender. */
export type Sender = Pick<Actor, 'kind' | 'id' | 'accountId'>

interface Made {
  total: number
  id: string | null
  createdAt: string
  expiresAt: string
  sent: { id: string; deviceId: string }[]
  elsewhere: string[]
}

/** What is known of a device when it is told; that another one is reported afterwards shows that it was done. */
const knownTime: Partial<Record<NotificationType, Sql>> = { wipe: sql`reset_at`, check: sql`update_checked_at` }

/**
 * Writes a notification for each of these devices that is there. It is sent already where the device is connected at this
 * node's gateway, which lets it leave after the commit; it has failed where the device is not online now, if that was asked; it is
 * unsupported where devices of its kind cannot do it.
 */
export async function queue(
  tx: Db,
  wakeUps: WakeUps,
  sender: Sender,
  deviceIds: string[],
  { type, payload, expiresAt, timing }: Order,
  batch: string | null,
): Promise<{ total: number; id: string | null; leaving: Leaving }> {
  const isNow = expiresAt === undefined
  const until = expiresAt ?? sql`now() + make_interval(secs => ${onlineNowSeconds})`
  const windowText = timing.window && JSON.stringify(timing.window)
  const isTimed = timing.notBefore !== null || timing.window !== null
  const commandTiming = sql`command_timing(${timing.notBefore}::timestamptz, ${windowText}::jsonb, timezone)`
  const { rows } = await tx.query<Made>(sql`
    WITH made AS (
    INSERT INTO notification (account_id, id, device_id, batch_id, type, payload, state, reason, finished_at, sent_at,
                              delivered_at, boot_id, known_time, changed_by, gateway, expires_at, not_before, time_window,
                              wakes_at, closes_at)
    SELECT account_id, new_id(), id, ${batch}, ${type}, ${payload}, state,
           CASE state WHEN 'failed' THEN 'offline' END, CASE WHEN state IN ('failed', 'unsupported') THEN now() END,
           CASE state WHEN 'sent' THEN now() END, CASE state WHEN 'sent' THEN now() END, CASE state WHEN 'sent' THEN boot_id END,
           CASE state WHEN 'sent' THEN ${knownTime[type] ?? sql`NULL::timestamptz`} END,
           ${actorDocument(sender)}, CASE WHEN wakes_at IS NULL THEN gateway END, ${until}, ${timing.notBefore}::timestamptz,
           ${windowText}::jsonb, wakes_at, closes_at
    FROM (SELECT *, CASE WHEN NOT can_be_told(kind, ${type}) THEN 'unsupported'
                         WHEN ${isNow} AND NOT online THEN 'failed'
                         WHEN gateway = ${wakeUps.gateway} AND ${until} > now() AND wakes_at IS NULL THEN 'sent' ELSE 'queued' END AS state
          FROM device CROSS JOIN ${isTimed ? commandTiming : untimed} AS timing WHERE account_id = ${sender.accountId} AND id = ANY (${deviceIds}::uuid[])) AS d
    ORDER BY id
    RETURNING id, device_id, state, gateway)
    SELECT count(*)::int AS total, min(id::text) AS id, iso_time(now()) AS "createdAt", iso_time(${until}) AS "expiresAt",
           coalesce(json_agg(json_build_object('id', id, 'deviceId', device_id)) FILTER (WHERE state = 'sent'), '[]') AS sent,
           coalesce(array_agg(DISTINCT gateway::text) FILTER (WHERE state = 'queued' AND gateway <> ${wakeUps.gateway}), '{}') AS elsewhere
    FROM made`)
  const [made] = rows
  if (!made) throw new Error('an aggregate has one row')
  const { total, id, sent, elsewhere, ...times } = made
  const command = (id: string) => commandText({ id, type, payload, window: windowText, ...times })
  const deliveries = sent.map(({ id, deviceId }) => ({ deviceId, id, command: command(id), isRepeat: false }))
  return { total, id, leaving: { sent: deliveries, elsewhere } }
}

/** Cancels a notification that is not final; what was sent may still be carried out. */
export async function cancel(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('notification')
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ type: NotificationType; state: string }>(
      sql`SELECT type, state FROM notification AS n
          WHERE account_id = ${actor.accountId} AND id = ${id} ${onDevice(actor, sql`n.device_id`)} FOR UPDATE`,
    )
    if (!rows[0]) throw notFound('notification')
    requireScope(actor, scopeOf(rows[0].type))
    wasBefore(tx, await get(tx, actor, id))
    const { rowCount } = await tx.query(cancelWhere(actor, sql`id = ${id}`))
    if (rowCount === 0) throw new AppError('conflict_error', `The notification is ${rows[0].state} already`)
    return get(tx, actor, id)
  })
}

const cancelWhere = (actor: Actor, where: Sql) => sql`
  UPDATE notification SET state = 'canceled', finished_at = now(), changed_by = ${actorDocument(actor)}
  WHERE account_id = ${actor.accountId} AND ${where} AND ${open}`
