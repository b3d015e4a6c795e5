import sql, { type Sql } from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'

/** What is known of a device's apps: nothing since it has joined or was reset, something, or what it has now. */
export type Scan = 'none' | 'stale' | 'fresh'

/** An app that somebody removes on the device is missed after so long. */
const freshFor = sql`interval '6 hours'`

/** How well the apps of a device `d` are known. */
export const scanOf = (device: Sql): Sql => sql`coalesce((
  SELECT CASE WHEN scanned_at > now() - ${freshFor} THEN 'fresh' WHEN scanned_at IS NOT NULL THEN 'stale' END
  FROM mdmesh_device AS m WHERE m.account_id = ${device}.account_id AND m.device_id = ${device}.id), 'none')`

/** A device has told which apps it has. */
export async function noteScan(db: Db, { accountId, id }: VerifiedDevice): Promise<void> {
  await db.query(sql`
    INSERT INTO mdmesh_device (account_id, device_id, scanned_at) VALUES (${accountId}, ${id}, now())
    ON CONFLICT (account_id, device_id) DO UPDATE SET scanned_at = excluded.scanned_at`)
}

/** A device has joined: what it had before says nothing of it. */
export async function forgetScan(db: Db, accountId: string, id: string): Promise<void> {
  await db.query(sql`UPDATE mdmesh_device SET scanned_at = NULL WHERE account_id = ${accountId} AND device_id = ${id}`)
}
