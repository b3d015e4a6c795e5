import sql from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { actorDocument, ofDevice, record } from '../event/record.ts'
import type { Nudge } from '../nudge.ts'

/** Removes a device and all that is kept of it; what it was still to be told is canceled, and its connection ends. */
export async function deprovision(tx: Db, nudge: Nudge, actor: Actor, id: string): Promise<void> {
  const { accountId } = actor
  await tx.query(sql`
    UPDATE notification SET state = 'canceled', reason = 'deprovisioned', finished_at = now(), changed_by = ${actorDocument(actor)}
    WHERE account_id = ${accountId} AND device_id = ${id} AND state IN ('queued', 'sent', 'acknowledged')`)
  await tx.query(sql`DELETE FROM device_location WHERE account_id = ${accountId} AND device_id = ${id}`)
  const { rows } = await tx.query<{ name: string }>(sql`
    DELETE FROM device WHERE account_id = ${accountId} AND id = ${id} RETURNING name`)
  await record(tx, actor, ofDevice('deprovisioned', id, { ...rows[0] }))
  tx.afterCommit(() => nudge.credentialDied(id))
}
