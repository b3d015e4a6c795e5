import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import { isOpen, who } from '../../fleet/notification/outcome.ts'
import { bidFarewell } from '../reach/farewell.ts'

/** What the configuration of a device asks it to do. */
export interface Flags {
  isToReset: boolean
  isToReboot: boolean
}

/**
 * A device that asks for its configuration with a secret that it had before has not been reset: it is told again. Whether it has
 * been rebooted cannot be seen at once: it is told until it confirms, and never after that.
 */
export async function flagsOf(db: Db, { accountId, id }: VerifiedDevice): Promise<Flags> {
  const { rows } = await db.query<Flags>(sql`
    SELECT coalesce(bool_or(type IN ('wipe', 'refurbish')), false) AS "isToReset",
           coalesce(bool_or(type = 'reboot' AND state = 'sent' AND boot_id IS NOT NULL), false) AS "isToReboot"
    FROM notification AS n
    WHERE account_id = ${accountId} AND device_id = ${id} AND state IN ('sent', 'acknowledged') AND ${isOpen}`)
  return rows[0] ?? { isToReset: false, isToReboot: false }
}

/** A device is about to reboot. @returns whether it may: once for each command. */
export async function confirmReboot(db: Db, { accountId, id }: VerifiedDevice): Promise<boolean> {
  const { rowCount } = await db.query(sql`
    UPDATE notification AS n SET state = 'acknowledged', acknowledged_at = now(), changed_by = ${who}
    WHERE account_id = ${accountId} AND device_id = ${id} AND type = 'reboot' AND state = 'sent' AND boot_id IS NOT NULL AND ${isOpen}`)
  return (rowCount ?? 0) > 0
}

/**
 * A device is about to reset itself. One that is refurbished leaves the fleet with that; until it has heard the answer it is known by
 * the last secret that it had.
 *
 * @returns whether it may.
 */
export async function confirmReset(
  db: Db,
  checkins: Pick<Checkins, 'report'>,
  device: VerifiedDevice,
): Promise<boolean> {
  const { accountId, id } = device
  const { rows } = await db.query<{ id: string; type: string }>(sql`
    SELECT id, type FROM notification AS n
    WHERE account_id = ${accountId} AND device_id = ${id} AND type IN ('wipe', 'refurbish') AND state IN ('sent', 'acknowledged')
      AND ${isOpen}`)
  if (rows.length === 0) return false
  if (rows.some(({ type }) => type === 'refurbish')) await bidFarewell(db, device)
  await checkins.report(
    device,
    rows.map((command) => ({ id: command.id, state: 'acknowledged' })),
  )
  return true
}
