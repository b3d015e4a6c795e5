import sql, { type Sql } from 'sql-template-tag'
import { type Db, prepared } from '../../core/db/database.ts'
import { byDevice, type Commands, deliveriesOf, nextOf, type Sent, sentMarks, sentRow } from './delivery.ts'
import { isOpen, who } from './outcome.ts'

/** A device that has something open, when its report has been written. */
export interface Asking {
  accountId: string
  id: string
  /** Whether the report says how the device is now; one that is repeated may say how it was. */
  isProof: boolean
  /** Whether the device gets its commands with the answer. */
  isAnswered: boolean
}

/** An answer has no more bytes (docs/contract.md §1), and half of it is for what the device is to have and what was left out of its report. */
const bytesPerAnswer = 4 * 2 ** 20

/**
 * Whether what a command `n` asked for can be seen to have happened: its device `d` reports something else than was known when it
 * was told. The clock of the device has no say. While two devices seem to use one credential, what one of them reports proves
 * nothing of the other.
 */
const isSeen: Sql = sql`
  CASE WHEN n.type = 'refresh' THEN true
    WHEN d.has_conflict THEN false
    WHEN n.type = 'check' THEN d.update_checked_at <> coalesce(n.known_time, '-infinity')
    WHEN n.type = 'reboot' THEN d.boot_id <> n.boot_id AND NOT coalesce(d.boot_id = ANY (d.past_boots), false)
    WHEN n.type = 'wipe' THEN d.reset_at <> coalesce(n.known_time, '-infinity') END IS TRUE`

/**
 * Ends the commands of devices that have visibly been carried out, and hands out the next ones: in one statement, for while a fleet
 * is told something, every check-in comes by here. Done again after a crash it comes to the same.
 *
 * @param lockTimeoutMs how long it may wait for a command that somebody else has locked.
 * @returns what each of the devices is told.
 */
export async function handOut(db: Db, devices: Asking[], lockTimeoutMs: number): Promise<Commands> {
  if (devices.length === 0) return new Map()
  const { rows } = await db.query<Sent>(
    prepared(sql`
      WITH d AS MATERIALIZED (
        SELECT t.is_proof, t.is_answered, d.account_id, d.id, d.boot_id, d.past_boots, d.update_checked_at, d.reset_at,
               d.has_conflict, d.gateway
        FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[],
                    ${devices.map(({ isProof }) => isProof)}::boolean[], ${devices.map(({ isAnswered }) => isAnswered)}::boolean[])
          AS t (account_id, id, is_proof, is_answered)
        JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
        WHERE (SELECT set_config('lock_timeout', ${String(lockTimeoutMs)}, true)) IS NOT NULL),
      seen AS (
        UPDATE notification AS n SET state = 'succeeded', finished_at = now(), changed_by = ${who}
        FROM (SELECT n.ctid FROM d CROSS JOIN LATERAL (
                SELECT n.ctid FROM notification AS n
                WHERE n.account_id = d.account_id AND n.device_id = d.id AND n.state IN ('sent', 'acknowledged') AND n.wakes_at IS NULL
                  AND ${isOpen}
                  AND ${isSeen}
                FOR UPDATE) AS n
              WHERE d.is_proof) AS c
        WHERE n.ctid = c.ctid)
      UPDATE notification AS n SET ${sentMarks(sql`c.boot_id`, sql`c.reset_at`, sql`c.update_checked_at`, sql`c.gateway`)}
      FROM (SELECT n.ctid, d.boot_id, d.update_checked_at, d.reset_at, d.gateway
            FROM d CROSS JOIN LATERAL (
              SELECT ctid FROM (
                SELECT ctid, coalesce(sum(octet_length(payload)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                         AS bytes_before
                FROM (${nextOf(sql`n.state IN ('queued', 'sent') AND NOT (d.is_proof AND n.state = 'sent' AND ${isSeen})`)}) AS next) AS next
              WHERE bytes_before < ${bytesPerAnswer}) AS n
            WHERE d.is_answered) AS c
      WHERE n.ctid = c.ctid
      RETURNING ${sentRow}`),
  )
  return byDevice(deliveriesOf(rows))
}
