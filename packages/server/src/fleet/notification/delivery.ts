import type { Command } from '@mason/contract/notification'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Delivery, Queued } from '../wake-ups.ts'

/** What a device is told; the payload is the sender's own JSON. */
interface Telling {
  id: string
  type: string
  createdAt: string
  expiresAt: string
  payload: string | null
}

export function commandText({ id, type, createdAt, expiresAt, payload }: Telling): string {
  const end = payload === null ? '}' : `,"payload":${payload}}`
  return `{"id":"${id}","type":"${type}","createdAt":"${createdAt}","expiresAt":"${expiresAt}"${end}`
}

const chunk = 1_000
/** What a device is handed at once; the rest follows when it has answered. */
export const perDevice = 100
/** Half of what an answer may have: beside it stand what the device is to have, and what of its report was left out. */
const bytesPerAnswer = 4 * 2 ** 20
const repeatAfterSeconds = 30
const system = sql`'{"kind": "system"}'::jsonb`

/**
 * Marks notifications as sent and hands them over. They are marked before they leave: what a crash swallows in between is
 * repeated until it is acknowledged, and a repeated one carries the same id. The selection locks what it chooses and yields
 * its ctid: planned on a database without statistics, a join by key took 15 s for 10,000.
 */
async function send(db: Db, selection: Sql, gateway: string | null): Promise<Delivery[]> {
  const { rows } = await db.query<Telling & { deviceId: string }>(sql`
    WITH chosen AS (${selection})
    UPDATE notification AS n SET
      state = 'sent', delivered_at = now(), sent_at = coalesce(n.sent_at, now()),
      boot_id = CASE n.state WHEN 'queued' THEN ${ofDevice(sql`d.boot_id`)} ELSE n.boot_id END,
      known_time = CASE WHEN n.state <> 'queued' THEN n.known_time
        WHEN n.type = 'wipe' THEN ${ofDevice(sql`d.reset_at`)}
        WHEN n.type = 'check' THEN ${ofDevice(sql`d.update_checked_at`)} END,
      gateway = coalesce(${gateway}::uuid, ${ofDevice(sql`d.gateway`)}),
      changed_by = CASE n.state WHEN 'queued' THEN ${system} ELSE n.changed_by END
    FROM chosen AS c WHERE n.ctid = c.ctid
    RETURNING n.device_id AS "deviceId", n.id, n.type, n.payload, iso_time(n.created_at) AS "createdAt",
              iso_time(n.expires_at) AS "expiresAt"`)
  return rows.map((row) => ({ deviceId: row.deviceId, id: row.id, command: commandText(row) }))
}

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
      AND CASE n.state WHEN 'queued' THEN true ELSE false END AND d.account_id = n.account_id AND d.id = n.device_id AND d.gateway IS DISTINCT FROM n.gateway
    RETURNING n.gateway`)
  return [...new Set(rows.flatMap(({ gateway }) => gateway ?? []))]
}

interface Device {
  accountId: string
  id: string
}

/** Everything that these devices have not acknowledged: they have just come, by MQTT (with a gateway) or with a check-in. */
export function sendTo(db: Db, devices: Device[], gateway: string | null): Promise<Delivery[]> {
  return sendOpen(db, devices, gateway, sql`n.state IN ('queued', 'sent')`)
}

/** What these devices were not told by this gateway, though they are connected here: it was stamped with where they were. */
export function sendMissed(db: Db, devices: Device[], gateway: string): Promise<Delivery[]> {
  const which = sql`(n.state = 'queued' OR n.state = 'sent' AND n.gateway IS DISTINCT FROM ${gateway}::uuid)`
  return sendOpen(db, devices, gateway, which)
}

function sendOpen(db: Db, devices: Device[], gateway: string | null, which: Sql): Promise<Delivery[]> {
  // An answer has no more than so many bytes (docs/contract.md §1); the rest comes with the next. MQTT brings one at a time.
  const within = gateway === null ? sql`WHERE bytes_before < ${bytesPerAnswer}` : empty
  return send(
    db,
    sql`SELECT n.ctid
        FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
        CROSS JOIN LATERAL (
          SELECT ctid FROM (
            SELECT ctid, coalesce(sum(octet_length(payload)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                     AS bytes_before
            FROM (SELECT ctid, id, payload FROM notification AS n
                  WHERE n.account_id = t.account_id AND n.device_id = t.id AND ${which} AND n.expires_at > now() AND ${isWanted}
                  ORDER BY id LIMIT ${perDevice} FOR UPDATE) AS open) AS open ${within}) AS n`,
    gateway,
  )
}

/** The commands of each device, oldest first. */
export function byDevice(deliveries: Delivery[]): Map<string, Command[]> {
  const commands = new Map<string, Command[]>()
  for (const { deviceId, command } of deliveries) {
    const known = commands.get(deviceId) ?? []
    known.push(JSON.parse(command) as Command)
    commands.set(deviceId, known)
  }
  for (const list of commands.values()) list.sort((a, b) => (a.id < b.id ? -1 : 1))
  return commands
}
