import sql, { join } from 'sql-template-tag'
import type { Actor, Author } from '../actor.ts'
import type { Db } from '../db/database.ts'

export interface Happening {
  type: string
  subject: { kind: string; id: string }
  /** The device that it concerns, if any. */
  deviceId?: string
  data?: Record<string, unknown>
}

/** Who caused something, as events and notifications keep it. */
export const actorDocument = ({ kind, id }: { kind: Actor['kind'] | 'carrier'; id: string }) =>
  JSON.stringify({ kind, id })

/** Writes an event in the transaction of the change that it tells of. */
export const record = (tx: Db, author: Author, happening: Happening): Promise<void> =>
  recordAll(tx, author, [happening])

/** Writes events in their order, by one statement. */
export async function recordAll(tx: Db, author: Author, happenings: readonly Happening[]): Promise<void> {
  if (happenings.length === 0) return
  const events = happenings.map(
    ({ type, subject, deviceId, data = {} }) =>
      sql`ROW(${author.accountId}, ${type}, ${actorDocument(author)}, ${JSON.stringify(subject)},
              ${deviceId ?? null}, ${JSON.stringify(data)})::new_event`,
  )
  await tx.query(sql`SELECT record_events(ARRAY[${join(events)}])`)
}

/** An event of a device. */
export const ofDevice = (type: string, id: string, data?: Record<string, unknown>): Happening => ({
  type: `device.${type}`,
  subject: { kind: 'device', id },
  deviceId: id,
  ...(data && { data }),
})

/**
 * Writes the same event of each of these devices, caused by the device itself: one statement, for after an outage a whole
 * fleet comes back at once.
 */
export async function recordOfDevices(
  tx: Db,
  type: string,
  devices: { account_id: string; id: string }[],
  data: Record<string, unknown> = {},
): Promise<void> {
  if (devices.length === 0) return
  await tx.query(sql`
    SELECT record_events(array_agg(ROW(account_id, ${`device.${type}`}, jsonb_build_object('kind', 'device', 'id', id),
             jsonb_build_object('kind', 'device', 'id', id), id, ${JSON.stringify(data)})::new_event))
    FROM unnest(${devices.map((device) => device.account_id)}::uuid[], ${devices.map(({ id }) => id)}::uuid[])
      AS t (account_id, id)`)
}
