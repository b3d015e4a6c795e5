import type { NotificationOutcome } from '@mason/contract/notification'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { isWanted } from './delivery.ts'
import { noteHeld } from './held.ts'

/** A device that has just reported, and what it said of its notifications. */
export interface Reporter {
  accountId: string
  id: string
  outcomes: NotificationOutcome[]
}

/** What is due is left to the job that ends it: a check-in waits for none of its portions. */
export const isOpen = sql`n.expires_at > now() AND ${isWanted}`

/** That the device of a command `n` has changed its state. */
export const who = sql`jsonb_build_object('kind', 'device', 'id', n.device_id)`

/**
 * Takes in what devices say of their notifications. An `application` has thereby succeeded, for the app itself answered,
 * and so has a `refurbish`. What is final stays as it is, so saying it twice does nothing.
 *
 * @returns the devices that acknowledged their refurbishment.
 */
export async function applyOutcomes(tx: Db, reporters: Reporter[]): Promise<{ accountId: string; id: string }[]> {
  const all = reporters.flatMap(({ accountId, id, outcomes }) =>
    outcomes.map((outcome) => ({ accountId, deviceId: id, ...outcome })),
  )
  await noteHeld(
    tx,
    all.filter(({ state }) => state === 'held'),
  )
  const said = all.filter(({ state }) => state !== 'held')
  if (said.length === 0) return []
  const { rows } = await tx.query<{ account_id: string; device_id: string }>(sql`
    UPDATE notification AS n SET
      wakes_at = NULL, closes_at = NULL,
      state = CASE WHEN s.state = 'acknowledged' AND n.type IN ('application', 'refurbish') THEN 'succeeded' ELSE s.state END,
      reason = s.reason,
      sent_at = coalesce(n.sent_at, now()),
      acknowledged_at = CASE s.state WHEN 'acknowledged' THEN coalesce(n.acknowledged_at, now()) ELSE n.acknowledged_at END,
      finished_at = CASE WHEN s.state = 'failed' OR n.type IN ('application', 'refurbish') THEN now() END,
      changed_by = ${who}
    FROM (SELECT DISTINCT ON (id) * FROM unnest(
            ${said.map((one) => one.accountId)}::uuid[], ${said.map((one) => one.deviceId)}::uuid[],
            ${said.map((one) => one.id)}::uuid[], ${said.map((one) => one.state)}::text[],
            ${said.map((one) => (one.state === 'failed' ? (one.reason ?? null) : null))}::text[])
            WITH ORDINALITY AS t (account_id, device_id, id, state, reason, position)
          ORDER BY id, position DESC) AS s
    WHERE n.account_id = s.account_id AND n.id = s.id AND n.device_id = s.device_id AND ${isOpen}
      -- As a CASE, no partial index on open notifications offers itself: what is named is found by its id.
      AND CASE n.state WHEN 'queued' THEN true WHEN 'sent' THEN true WHEN 'acknowledged' THEN s.state = 'failed' ELSE false END
    RETURNING n.account_id, CASE WHEN n.type = 'refurbish' AND n.state = 'succeeded' THEN n.device_id END AS device_id`)
  return rows.flatMap(({ account_id, device_id }) => (device_id ? [{ accountId: account_id, id: device_id }] : []))
}

/**
 * Devices report for the first time since they enrolled. What they were told before then was told without knowing
 * anything of them: only what changes from here on counts.
 */
export async function beginObserving(tx: Db, devices: { account_id: string; id: string }[]): Promise<void> {
  await tx.query(sql`
    WITH begun AS (
      UPDATE device AS d SET has_reported = true
      FROM unnest(${devices.map((device) => device.account_id)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
      WHERE d.account_id = t.account_id AND d.id = t.id
      RETURNING d.account_id, d.id, d.reset_at, d.update_checked_at)
    UPDATE notification AS n SET known_time = CASE n.type WHEN 'wipe' THEN b.reset_at ELSE b.update_checked_at END
    FROM begun AS b
    WHERE n.account_id = b.account_id AND n.device_id = b.id AND n.state IN ('sent', 'acknowledged') AND n.wakes_at IS NULL
      AND n.type IN ('wipe', 'check')
      AND ${isOpen}`)
}

/** A device that enrolls again was wiped. */
export async function observeEnrollment(tx: Db, accountId: string, deviceId: string): Promise<void> {
  await tx.query(sql`
    UPDATE notification AS n SET state = 'succeeded', finished_at = now(), changed_by = ${who}
    WHERE account_id = ${accountId} AND device_id = ${deviceId} AND type = 'wipe' AND state IN ('sent', 'acknowledged')
      AND wakes_at IS NULL AND ${isOpen}`)
  // What it held is gone with what it was.
  await tx.query(sql`
    UPDATE notification SET wakes_at = now()
    WHERE account_id = ${accountId} AND device_id = ${deviceId} AND state = 'sent' AND wakes_at IS NOT NULL AND finished_at IS NULL`)
}
