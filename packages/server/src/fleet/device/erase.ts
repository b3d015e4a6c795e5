import { hourMs } from '@mason/contract/time'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import { tells } from '../../core/audit/draft.ts'
import { forgetIdentities } from '../../core/audit/identities.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { portion } from '../../core/jobs/portion.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'

interface Erasing {
  accountId: string
  id: string
  /** What it is known by in the audit trail. */
  identifiers: string[]
  iccids: string[]
}

/** What was under way when the device went may still write: it is looked for once more. */
const lookAgainMs = hourMs / 6

/** Has all that is kept of a device erased, in the transaction that removes it; before the device itself is gone. */
export async function beginErasing(tx: Db, { accountId }: Actor, id: string): Promise<void> {
  const { rows } = await tx.query<{ identifiers: string[]; iccids: string[] }>(sql`
    SELECT array_remove(ARRAY[serialnumber, imei, enrolled_imei] || coalesce(past_imeis, '{}'), NULL) AS identifiers,
      coalesce(iccids, '{}') AS iccids
    FROM device WHERE account_id = ${accountId} AND id = ${id}`)
  const [device] = rows
  if (!device) throw notFound('device')
  await forgetIdentities(tx, accountId, device.identifiers)
  const erasing = { accountId, id, ...device }
  await enqueue(tx, eraseDevice, erasing)
  await enqueue(tx, eraseDevice, erasing, { runAt: new Date(Date.now() + lookAgainMs) })
  tells(tx, { after: { erased: true } })
}

/** Erases events, commands, locations, counted usage, X-Ray sessions with their recordings and what jobs refused of a device that has gone, each portion in a transaction of its own. */
export const eraseDevice: Task<Erasing> = {
  name: 'erase-device',
  run: async (db, { accountId, id, identifiers, iccids }) => {
    const ofDevice = sql`account_id = ${accountId} AND device_id = ${id}`
    const tables: Record<ById | 'device_usage_day' | 'device_location' | 'job_item' | 'job_failure', Sql> = {
      event: byId('event', accountId, ofDevice),
      notification: byId('notification', accountId, ofDevice),
      device_usage_day: sql`
        DELETE FROM device_usage_day WHERE account_id = ${accountId} AND (iccid, day) IN (
          SELECT iccid, day FROM device_usage_day WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) LIMIT ${portion})`,
      device_location: sql`
        DELETE FROM device_location WHERE ${ofDevice} AND received_at IN (
          SELECT received_at FROM device_location WHERE ${ofDevice} ORDER BY received_at LIMIT ${portion})`,
      xray_recording_part: byId('xray_recording_part', accountId, ofDevice),
      xray_recording: byId('xray_recording', accountId, ofDevice),
      xray_session: byId('xray_session', accountId, ofDevice),
      job_item: ofJobs('job_item', accountId, id),
      job_failure: ofJobs('job_failure', accountId, id),
    }
    for (const statement of Object.values(tables)) while (await erasePortion(db, statement));
    await forgetIdentities(db, accountId, identifiers)
  },
}

type ById = 'event' | 'notification' | 'xray_recording_part' | 'xray_recording' | 'xray_session'

/** What of a table is about the device, whose rows have ids. */
const byId = (table: ById, accountId: string, ofDevice: Sql): Sql => sql`
  DELETE FROM ${raw(table)} WHERE account_id = ${accountId} AND id IN (
    SELECT id FROM ${raw(table)} WHERE ${ofDevice} ORDER BY id LIMIT ${portion})`

/** What of jobs is about the device: lines that name it, and why it was refused. */
const ofJobs = (table: 'job_item' | 'job_failure', accountId: string, id: string): Sql => sql`
  DELETE FROM ${raw(table)} WHERE account_id = ${accountId} AND (job_id, id) IN (
    SELECT job_id, id FROM ${raw(table)} WHERE account_id = ${accountId} AND subject = ${id} LIMIT ${portion})`

const erasePortion = (db: Db, statement: Sql): Promise<boolean> =>
  db.transaction(async (tx) => {
    // Events of a day are dropped with it; an erasure is the exception.
    await tx.query(sql`SELECT set_config('mason.erasing', 'on', true)`)
    const { rowCount } = await tx.query(statement)
    // Several locations may have come at one moment.
    return (rowCount ?? 0) >= portion
  })
