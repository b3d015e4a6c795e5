import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { recordOfDevices } from '../../core/event/record.ts'

/** Notes that two devices seem to use the credential of one: a boot or an IMEI came back after another one. */
export async function raiseConflict(tx: Db, devices: { account_id: string; id: string }[]): Promise<void> {
  await tx.query(sql`
    UPDATE device AS d SET has_conflict = true
    FROM unnest(${devices.map((device) => device.account_id)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
    WHERE d.account_id = t.account_id AND d.id = t.id`)
  await recordOfDevices(tx, 'conflict', devices)
}

/** Ends a conflict; what was reported before is forgotten, so that only what happens from now on raises another one. */
export async function endConflict(tx: Db, { accountId }: Actor, id: string): Promise<void> {
  await tx.query(sql`
    UPDATE device SET has_conflict = false, past_boots = NULL, past_imeis = NULL
    WHERE account_id = ${accountId} AND id = ${id}`)
}
