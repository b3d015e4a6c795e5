import type { Command } from '@mason/contract/notification'
import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Delivery, Queued } from '../wake-ups.ts'

/** What a device is told; the payload is the sender's own JSON. */
interface Telling {
  id: string
  type: string
  createdAt: string
  expiresAt: string
  payload: string | null
  /** As JSON. */
  window: string | null
}

export function commandText({ id, type, createdAt, expiresAt, payload, window }: Telling): string {
  const times = `"createdAt":"${createdAt}","expiresAt":"${expiresAt}"${window === null ? '' : `,"window":${window}`}`
  return `{"id":"${id}","type":"${type}",${times}${payload === null ? '}' : `,"payload":${payload}}`}`
}

const chunk = 1_000
/** What a device is handed at once; the rest follows when it has answered. */
export const perDevice = 100
const repeatAfterSeconds = 30
const system = sql`'{"kind": "system"}'::jsonb`

/**
 * Marks notifications as sent and hands them over. They are marked before they leave: what a crash swallows in between is
 * repeated until it is acknowledged, and a repeated one carries the same id. The selection locks what it chooses and yields
 * its ctid: planned on a database without statistics, a join by key took 15 s for 10,000.
 */
async function send(db: Db, selection: Sql, gateway: string): Promise<Delivery[]> {
  const { rows } = await db.query<Sent>(sql`
    WITH chosen AS (${selection})
    UPDATE notification AS n
    SET ${sentMarks(ofDevice(sql`d.boot_id`), ofDevice(sql`d.reset_at`), ofDevice(sql`d.update_checked_at`), sql`${gateway}::uuid`)}
    FROM chosen AS c WHERE n.ctid = c.ctid
    RETURNING ${sentRow}`)
  return deliveriesOf(rows)
}

/** What is noted of a command `n` as it leaves, by what is known of its device. */
export const sentMarks = (bootId: Sql, resetAt: Sql, updateCheckedAt: Sql, gateway: Sql): Sql => sql`
  state = 'sent', delivered_at = now(), sent_at = coalesce(n.sent_at, now()),
  boot_id = CASE n.state WHEN 'queued' THEN ${bootId} ELSE n.boot_id END,
  known_time = CASE WHEN n.state <> 'queued' THEN n.known_time WHEN n.type = 'wipe' THEN ${resetAt}
    WHEN n.type = 'check' THEN ${updateCheckedAt} END,
  gateway = ${gateway}, changed_by = CASE n.state WHEN 'queued' THEN ${system} ELSE n.changed_by END`

/** A command that has just been marked as sent. */
export type Sent = Telling & { deviceId: string; isRepeat: boolean }

export const sentRow = sql`
  n.device_id AS "deviceId", n.id, n.type, n.payload, iso_time(n.created_at) AS "createdAt", iso_time(n.expires_at) AS "expiresAt",
  n.time_window::text AS window, n.sent_at < n.delivered_at AS "isRepeat"`

export const deliveriesOf = (rows: Sent[]): Delivery[] =>
  rows.map((row) => ({ deviceId: row.deviceId, id: row.id, command: commandText(row), isRepeat: row.isRepeat }))

/**
 * Commands `n` but for those of a canceled batch that are still to be taken back. The batches are looked up once a statement,
 * in an index that is empty but for the moments of a cancel.
 */
export const isWanted = sql`(n.batch_id = ANY (ARRAY(SELECT id FROM batch WHERE is_canceling))) IS NOT TRUE`

const ofDevice = (column: Sql) =>
  sql`(SELECT ${column} FROM device AS d WHERE d.account_id = n.account_id AND d.id = n.device_id)`

/** What was queued for devices that are connected at this gateway. */
export async function sendQueued(db: Db, gateway: string): Promise<Delivery[]> {
  return send(db, sql`SELECT ctid FROM commands_to_send(${gateway}, ${chunk}) AS ctid`, gateway)
}

/** What was sent through this gateway a while ago and never acknowledged. */
export async function sendAgain(db: Db, gateway: string): Promise<Delivery[]> {
  return send(
    db,
    sql`SELECT ctid FROM commands_to_repeat(${gateway}, ${repeatAfterSeconds}, ${chunk}) AS ctid`,
    gateway,
  )
}

/**
 * Stamps what was just queued with the gateways where its devices are by now. A device that connected while the queueing
 * transaction ran was not seen by it, nor did it see the notification; what connects after this look sees it itself.
 *
 * @returns these gateways.
 */
export async function findGateways(db: Db, { accountId, id, batch, since }: Queued): Promise<string[]> {
  const { rows } = await db.query<{ gateway: string | null }>(sql`
    UPDATE notification AS n SET gateway = d.gateway FROM device AS d
    WHERE n.account_id = ${accountId} AND ${id === undefined ? sql`n.batch_id = ${batch} AND n.id >= ${since}` : sql`n.id = ${id}`}
      -- As a CASE, the indexes of all that is queued do not offer themselves: thought to be empty, they would be read through.
      AND CASE n.state WHEN 'queued' THEN n.wakes_at IS NULL ELSE false END AND d.account_id = n.account_id AND d.id = n.device_id AND d.gateway IS DISTINCT FROM n.gateway
    RETURNING n.gateway`)
  return [...new Set(rows.flatMap(({ gateway }) => gateway ?? []))]
}

interface Device {
  accountId: string
  id: string
}

/** Everything that these devices, which have just connected at this gateway, have not acknowledged. */
export function sendTo(db: Db, devices: Device[], gateway: string): Promise<Delivery[]> {
  return sendOpen(db, devices, gateway, sql`n.state IN ('queued', 'sent')`)
}

/** What these devices were not told by this gateway, though they are connected here: it was stamped with where they were. */
export function sendMissed(db: Db, devices: Device[], gateway: string): Promise<Delivery[]> {
  const which = sql`(n.state = 'queued' OR n.state = 'sent' AND n.gateway IS DISTINCT FROM ${gateway}::uuid)`
  return sendOpen(db, devices, gateway, which)
}

function sendOpen(db: Db, devices: Device[], gateway: string, which: Sql): Promise<Delivery[]> {
  return send(
    db,
    sql`SELECT n.ctid
        FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS d (account_id, id)
        CROSS JOIN LATERAL (${nextOf(which)}) AS n`,
    gateway,
  )
}

/** Which commands of a device `d` it is handed next, and locks them. */
export const nextOf = (which: Sql): Sql => sql`
  SELECT ctid, id, payload FROM notification AS n
  WHERE n.account_id = d.account_id AND n.device_id = d.id AND ${which} AND n.wakes_at IS NULL AND n.expires_at > now()
    AND (n.closes_at > now()) IS NOT FALSE AND ${isWanted}
  ORDER BY id LIMIT ${perDevice} FOR UPDATE`

/** What devices are told, by their ids. */
export type Commands = Map<string, Command[]>

/** The commands of each device, oldest first. */
export function byDevice(deliveries: Delivery[]): Commands {
  const commands: Commands = new Map()
  for (const { deviceId, command } of deliveries) {
    const known = commands.get(deviceId) ?? []
    known.push(JSON.parse(command) as Command)
    commands.set(deviceId, known)
  }
  for (const list of commands.values()) list.sort((a, b) => (a.id < b.id ? -1 : 1))
  return commands
}
