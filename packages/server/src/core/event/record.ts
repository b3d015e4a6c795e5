import sql from 'sql-template-tag'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'

export interface Happening {
  type: string
  subject: { kind: string; id: string }
  /** The device that it concerns, if any. */
  deviceId?: string
  data?: Record<string, unknown>
}

/** Who caused something, as events and notifications keep it. */
export const actorDocument = ({ kind, id }: Pick<Actor, 'kind' | 'id'>) => JSON.stringify({ kind, id })

/** Writes an event in the transaction of the change that it tells of. */
export async function record(
  tx: Db,
  actor: Pick<Actor, 'kind' | 'id' | 'accountId'>,
  { type, subject, deviceId, data = {} }: Happening,
): Promise<void> {
  await tx.query(sql`
    SELECT record_events(ARRAY[ROW(${actor.accountId}, ${type}, ${actorDocument(actor)}, ${JSON.stringify(subject)},
                                   ${deviceId ?? null}, ${JSON.stringify(data)})::new_event])`)
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
