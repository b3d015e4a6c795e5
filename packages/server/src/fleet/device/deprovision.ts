import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { actorDocument, ofDevice, record } from '../../core/event/record.ts'
import type { WakeUps } from '../wake-ups.ts'

/** Removes a device and all that is kept of it; what it was still to be told is canceled, and its connection ends. */
export async function deprovision(tx: Db, wakeUps: WakeUps, actor: Actor, id: string): Promise<void> {
  const { accountId } = actor
  // Each has an index of its own.
  for (const which of [
    sql`state IN ('queued', 'sent', 'acknowledged') AND wakes_at IS NULL`,
    sql`wakes_at IS NOT NULL AND finished_at IS NULL`,
  ])
    await tx.query(sql`
      UPDATE notification SET state = 'canceled', reason = 'deprovisioned', finished_at = now(), changed_by = ${actorDocument(actor)}
      WHERE account_id = ${accountId} AND device_id = ${id} AND ${which}`)
  await tx.query(sql`DELETE FROM device_location WHERE account_id = ${accountId} AND device_id = ${id}`)
  const { rows } = await tx.query<{ name: string }>(sql`
    DELETE FROM device WHERE account_id = ${accountId} AND id = ${id} RETURNING name`)
  await record(tx, actor, ofDevice('deprovisioned', id, { ...rows[0] }))
  tx.afterCommit(() => wakeUps.credentialDied(id))
}
