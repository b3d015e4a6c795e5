import type { XrayCall, XrayService } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor, Groups } from '../../core/actor.ts'
import { writeEntry } from '../../core/audit/write.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { actorDocument, record } from '../../core/event/record.ts'
import { portion } from '../../core/jobs/portion.ts'
import { hashSecret } from '../../core/key.ts'
import { requireFree, requireOffered, taken } from './offer.ts'

/** A session as it was opened. */
export interface OpenedSession {
  accountId: string
  id: string
  deviceId: string
  service: XrayService
  /** Whether what its shells show is recorded. */
  isRecorded: boolean
  /** What whoever opened it is restricted to. */
  groups: Groups
}

/** Whoever opens a session, and from where. */
export interface Opening {
  deviceId: string
  service: XrayService
  reason: string | undefined
  ticket: string | undefined
  address: string
  userAgent: string | undefined
  requestId: string
}

/** The node that holds the client, and the limits that it keeps. */
export interface Holder {
  nodeId: string
  nodeAddress: string
  idleMinutes: number
  maxMinutes: number
}

/** For how long a node may say nothing of its sessions. They are free again within 30 seconds of its end. */
const leaseSeconds = 20
/** A call that the device has not answered by then is none any more. */
const callSeconds = 12

/**
 * Opens a session: nobody else is on the device from now on.
 *
 * @throws AppError as the public client reads it: 404, 410, 429; 401 for a ticket that was used or is too old.
 */
export async function open(db: Db, actor: Actor, opening: Opening, holder: Holder): Promise<OpenedSession> {
  const { accountId } = actor
  const { deviceId, service, address, userAgent, requestId } = opening
  return db.transaction(async (tx) => {
    const ticket = await redeem(tx, actor, opening)
    const reason = ticket?.reason ?? opening.reason
    const { areShellsRecorded } = await requireOffered(tx, actor, deviceId, service, reason)
    const isRecorded = areShellsRecorded && service === 'adb'
    await endExpired(tx, deviceId)
    const id = ticket?.id ?? uuidv7()
    const { rowCount } = await tx.query(sql`
      INSERT INTO xray_session (account_id, id, device_id, service, actor, reason, address, user_agent, node_id, node_address,
                                lease_until, idle_minutes, ends_at, is_recorded)
      VALUES (${accountId}, ${id}, ${deviceId}, ${service}, ${actorDocument(actor)}, ${reason ?? null}, ${address},
              ${userAgent?.slice(0, 300) ?? null}, ${holder.nodeId}, ${holder.nodeAddress},
              now() + make_interval(secs => ${leaseSeconds}), ${holder.idleMinutes},
              now() + make_interval(mins => ${holder.maxMinutes}), ${isRecorded})
      ON CONFLICT (device_id) WHERE ended_at IS NULL DO NOTHING`)
    if (rowCount === 0) {
      await requireFree(tx, actor, deviceId)
      throw taken('Somebody')
    }
    const told = { ...(reason !== undefined && { reason }), ...(isRecorded && { recorded: true }) }
    const subject = { kind: 'xray', id }
    await record(tx, actor, { type: 'xray.opened', subject, deviceId, data: { device: deviceId, service, ...told } })
    await writeEntry(
      tx,
      {
        ...{ accountId, actor, action: 'openXray', address, userAgent, requestId },
        subject: { kind: 'device', id: deviceId },
      },
      { after: { session: id, service, ...told } },
    )
    return { accountId, id, deviceId, service, isRecorded, groups: actor.groups }
  })
}

/** What a ticket is for; it is used up. @throws AppError when it is not for this, or no more. */
async function redeem(tx: Db, { accountId }: Actor, { ticket, deviceId, service }: Opening) {
  if (ticket === undefined) return undefined
  const { rows } = await tx.query<{ id: string; reason: string | null }>(sql`
    DELETE FROM xray_ticket
    WHERE hash = ${hashSecret(ticket)} AND account_id = ${accountId} AND device_id = ${deviceId} AND service = ${service}
      AND expires_at > now()
    RETURNING session_id AS id, reason`)
  if (!rows[0]) throw new AppError('authentication_error', 'The ticket is not for this device and service, or was used')
  return { id: rows[0].id, reason: rows[0].reason ?? undefined }
}

interface Ended {
  accountId: string
  id: string
  deviceId: string
  service: XrayService
  actor: Pick<Actor, 'kind' | 'id'>
  address: string
  reason: string
  bytesUp: number
  bytesDown: number
}

const endedColumns = sql`
  account_id AS "accountId", id, device_id AS "deviceId", service, actor, address, coalesce(end_reason, 'it has ended') AS reason,
  bytes_up AS "bytesUp", bytes_down AS "bytesDown"`

/** Events and the audit trail tell of the ends of sessions. */
async function tellEnded(tx: Db, rows: Ended[], by?: Actor): Promise<void> {
  for (const { accountId, id, deviceId, service, actor, address, ...told } of rows) {
    const who = by ?? { ...actor, accountId }
    const subject = { kind: 'xray', id }
    await record(tx, who, { type: 'xray.closed', subject, deviceId, data: { device: deviceId, service, ...told } })
    await writeEntry(
      tx,
      { accountId, actor, action: 'closeXray', subject: { kind: 'device', id: deviceId }, address },
      { after: { session: id, service, ...told } },
    )
  }
}

/** What a node knows of a session that it holds. */
export interface Counted extends OpenedSession {
  bytesUp: number
  bytesDown: number
  latencyMs: number | undefined
}

/** Writes down that a session is over; one that is over already stays as it is. */
export async function close(db: Db, { id, accountId, bytesUp, bytesDown }: Counted, reason: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<Ended>(sql`
      UPDATE xray_session SET ended_at = now(), end_reason = ${reason.slice(0, 300)}, bytes_up = ${bytesUp},
        bytes_down = ${bytesDown}, take_over = NULL
      WHERE account_id = ${accountId} AND id = ${id} AND ended_at IS NULL
      RETURNING ${endedColumns}`)
    if (rows.length > 0) return tellEnded(tx, rows)
    // Ended by somebody else, with what was known by then.
    await tx.query(sql`
      UPDATE xray_session SET bytes_up = ${bytesUp}, bytes_down = ${bytesDown} WHERE account_id = ${accountId} AND id = ${id}`)
  })
}

/** Ends an open session by hand. */
export async function endByHand(tx: Db, actor: Actor, id: string, reason: string): Promise<void> {
  const { rows } = await tx.query<Ended>(sql`
    UPDATE xray_session SET ended_at = now(), end_reason = ${reason}, take_over = NULL
    WHERE account_id = ${actor.accountId} AND id = ${id} AND ended_at IS NULL RETURNING ${endedColumns}`)
  await tellEnded(tx, rows, actor)
}

/** Ends the sessions of nodes that are gone: of one device, or a portion of all. @returns how many there were. */
export async function endExpired(tx: Db, deviceId?: string): Promise<number> {
  const { rows } = await tx.query<Ended>(sql`
    UPDATE xray_session SET ended_at = now(), end_reason = 'the node of the session is gone', take_over = NULL
    WHERE (account_id, id) IN (
      SELECT account_id, id FROM xray_session
      WHERE ended_at IS NULL AND lease_until < now() AND device_id = coalesce(${deviceId ?? null}::uuid, device_id)
      ORDER BY lease_until LIMIT ${portion} FOR UPDATE SKIP LOCKED)
    RETURNING ${endedColumns}`)
  await tellEnded(tx, rows)
  return rows.length
}

/** Renews the leases of a node's sessions, and says what has passed through them. */
export async function renew(db: Db, sessions: Counted[]): Promise<void> {
  await db.query(sql`
    UPDATE xray_session AS s SET lease_until = now() + make_interval(secs => ${leaseSeconds}), bytes_up = t.bytes_up,
      bytes_down = t.bytes_down, latency_ms = t.latency_ms
    FROM unnest(${sessions.map(({ accountId }) => accountId)}::uuid[], ${sessions.map(({ id }) => id)}::uuid[],
                ${sessions.map(({ bytesUp }) => bytesUp)}::bigint[], ${sessions.map(({ bytesDown }) => bytesDown)}::bigint[],
                ${sessions.map(({ latencyMs }) => latencyMs ?? null)}::int[])
      AS t (account_id, id, bytes_up, bytes_down, latency_ms)
    WHERE s.account_id = t.account_id AND s.id = t.id AND s.ended_at IS NULL`)
}

/** Those of a node's sessions that somebody else has ended, or whose device has left the fleet or the groups of whoever opened it, and why. */
export async function findEnded(db: Db, sessions: OpenedSession[]): Promise<{ id: string; reason: string }[]> {
  if (sessions.length === 0) return []
  const { rows } = await db.query<{ id: string; reason: string }>(sql`
    SELECT t.id, CASE WHEN d.id IS NULL THEN 'the device has left the fleet'
      ELSE coalesce(s.end_reason, 'the device has left the groups of whoever opened it') END AS reason
    FROM unnest(${sessions.map(({ accountId }) => accountId)}::uuid[], ${sessions.map(({ id }) => id)}::uuid[],
                ${sessions.map(({ groups }) => (groups ? JSON.stringify(groups) : null))}::jsonb[]) AS t (account_id, id, groups)
    LEFT JOIN xray_session AS s ON s.account_id = t.account_id AND s.id = t.id
    LEFT JOIN device AS d ON d.account_id = s.account_id AND d.id = s.device_id
    WHERE s.id IS NULL OR s.ended_at IS NOT NULL OR d.id IS NULL OR NOT t.groups ? d.group_name`)
  return rows
}

/** The sessions whose devices have not come yet, by device. */
export async function findAwaited(db: Db): Promise<Map<string, XrayCall>> {
  const { rows } = await db.query<{ deviceId: string; session: string; service: XrayService }>(sql`
    SELECT device_id AS "deviceId", id AS session, service FROM xray_session
    WHERE ended_at IS NULL AND attached_at IS NULL AND began_at > now() - make_interval(secs => ${callSeconds})
    ORDER BY began_at LIMIT 1000`)
  return new Map(rows.map(({ deviceId, ...call }) => [deviceId, call]))
}

/** Where the session waits that this device was called to. @throws AppError when there is none. */
export async function findHolder(db: Db, device: Actor, id: string): Promise<{ nodeId: string; nodeAddress: string }> {
  const { rows } = await db.query<{ nodeId: string; nodeAddress: string }>(sql`
    SELECT node_id AS "nodeId", node_address AS "nodeAddress" FROM xray_session
    WHERE account_id = ${device.accountId} AND id = ${id} AND device_id = ${device.id} AND ended_at IS NULL
      AND attached_at IS NULL`)
  if (!rows[0]) throw nothingWaits()
  return rows[0]
}

/** Where an open session is that this actor has opened. @throws AppError when there is none. */
export async function findOpen(
  db: Db,
  actor: Actor,
  { id, deviceId, service }: Pick<OpenedSession, 'id' | 'deviceId' | 'service'>,
): Promise<{ nodeId: string; nodeAddress: string }> {
  const { rows } = await db.query<{ nodeId: string; nodeAddress: string }>(sql`
    SELECT node_id AS "nodeId", node_address AS "nodeAddress" FROM xray_session
    WHERE account_id = ${actor.accountId} AND id = ${id} AND device_id = ${deviceId} AND service = ${service} AND ended_at IS NULL
      AND actor ->> 'kind' = ${actor.kind}
      AND actor ->> 'id' = ${actor.id}`)
  if (!rows[0]) throw notFound('session')
  return rows[0]
}

/** Notes that the device has come; of two connections, only one joins. */
export async function noteAttached(db: Db, device: Actor, id: string): Promise<void> {
  const { rowCount } = await db.query(sql`
    UPDATE xray_session SET attached_at = now()
    WHERE account_id = ${device.accountId} AND id = ${id} AND device_id = ${device.id} AND ended_at IS NULL
      AND attached_at IS NULL`)
  if (rowCount === 0) throw nothingWaits()
}

const nothingWaits = () => new AppError('not_found_error', 'There is no session that waits for this device')
