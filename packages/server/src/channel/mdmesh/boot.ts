import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'

/** The time of the boot is worked out from two clocks, and differs a little each time. */
const toleranceSeconds = 60

/** The id of the boot that began then: the same as before, unless it began at another time. */
export async function bootIdOf(db: Db, { accountId, id }: VerifiedDevice, at: Date): Promise<string> {
  const { rows } = await db.query<{ seconds: number }>(sql`
    INSERT INTO mdmesh_device AS m (account_id, device_id, booted_at) VALUES (${accountId}, ${id}, ${at})
    ON CONFLICT (account_id, device_id) DO UPDATE SET booted_at =
      CASE WHEN abs(extract(epoch FROM m.booted_at - excluded.booted_at)) <= ${toleranceSeconds} THEN m.booted_at
           ELSE excluded.booted_at END
    RETURNING floor(extract(epoch FROM booted_at))::float8 AS seconds`)
  return `boot-${rows[0]?.seconds ?? 0}`
}
