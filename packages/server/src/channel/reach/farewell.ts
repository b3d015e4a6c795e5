import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'

/** A device that is about to leave the fleet is known by its last secret, until it has reset itself. */
export async function bidFarewell(db: Db, { id, secretHash }: VerifiedDevice): Promise<void> {
  await db.query(
    sql`INSERT INTO farewell (secret_hash, device_id) VALUES (${secretHash}, ${id}) ON CONFLICT DO NOTHING`,
  )
}

/** Whether this was the secret of a device that was refurbished, and has not reset itself yet. */
export async function isFarewell(db: Db, secretHash: string): Promise<boolean> {
  const { rowCount } = await db.query(sql`SELECT FROM farewell WHERE secret_hash = ${secretHash}`)
  return rowCount === 1
}
