import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** A command, and the device that has it. */
interface Held {
  accountId: string
  deviceId: string
  id: string
}

const listed = (held: Held[]) => sql`
  unnest(${held.map(({ accountId }) => accountId)}::uuid[], ${held.map(({ deviceId }) => deviceId)}::uuid[],
         ${held.map(({ id }) => id)}::uuid[]) AS h (account_id, device_id, id)`

/**
 * Devices have commands and wait for their windows: they are not told of them again before the next opening has passed. Only what
 * changes from now on shows that such a command was carried out.
 */
export async function noteHeld(tx: Db, held: Held[]): Promise<void> {
  if (held.length === 0) return
  await tx.query(sql`
    UPDATE notification AS n SET
      wakes_at = coalesce((window_opening(n.time_window, d.timezone, now())).closes_at, 'infinity'), gateway = NULL, boot_id = d.boot_id,
      known_time = CASE n.type WHEN 'wipe' THEN d.reset_at WHEN 'check' THEN d.update_checked_at END
    FROM ${listed(held)} JOIN device AS d ON d.account_id = h.account_id AND d.id = h.device_id
    WHERE n.account_id = h.account_id AND n.id = h.id AND n.device_id = h.device_id AND n.time_window IS NOT NULL
      -- As a CASE, no partial index offers itself: what is named is found by its id.
      AND CASE n.state WHEN 'sent' THEN true ELSE false END`)
}

/** Those of the commands that devices hold which are no longer to be carried out. */
export async function findWithdrawn(tx: Db, held: Held[]): Promise<Map<string, string[]>> {
  if (held.length === 0) return new Map()
  const { rows } = await tx.query<{ device_id: string; ids: string[] }>(sql`
    SELECT h.device_id, array_agg(h.id) AS ids
    FROM ${listed(held)} LEFT JOIN LATERAL (
      SELECT n.id FROM notification AS n LEFT JOIN batch AS b ON b.account_id = n.account_id AND b.id = n.batch_id
      WHERE n.account_id = h.account_id AND n.id = h.id AND n.device_id = h.device_id AND n.finished_at IS NULL AND b.canceled_at IS NULL
      OFFSET 0) AS n ON true
    WHERE n.id IS NULL
    GROUP BY h.device_id`)
  return new Map(rows.map(({ device_id: device, ids }) => [device, ids]))
}
