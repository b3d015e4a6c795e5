import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { record } from '../../core/event/record.ts'
import { CarrierFault, sentenceOf } from './fault.ts'

/** A connection that is served. */
export interface Served {
  accountId: string
  name: string
  type: string
  /** The name that a node serves it under. */
  lease: string
}

const ofCarrier = ({ accountId, name, lease }: Served) =>
  sql`account_id = ${accountId} AND name = ${name} AND lease = ${lease}`

const systemOf = ({ accountId }: Served) => ({ kind: 'system' as const, accountId, id: 'carrier' })

/** With waits of half a minute doubling to an hour. */
const firstWaitSeconds = 30
const longestWaitSeconds = 3_600

/** Writes down that the carrier could not be asked: it is asked later, and the first time of an outage is an event. */
export async function failed(db: Db, served: Served, error: unknown): Promise<void> {
  if (error instanceof CarrierFault && error.kind === 'busy') return held(db, served, error.retryAfterMs)
  const reason = sentenceOf(error)
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ is_first: boolean }>(sql`
      WITH was AS (SELECT failing_since FROM carrier WHERE ${ofCarrier(served)} FOR UPDATE)
      UPDATE carrier SET failures = failures + 1, last_error = ${reason}, failing_since = coalesce(carrier.failing_since, now()),
        held_until = now() + make_interval(secs => least(${firstWaitSeconds} * 2.0 ^ least(failures, 20), ${longestWaitSeconds})),
        sync_due = CASE WHEN sync_due IS NOT NULL THEN greatest(sync_due, now() + make_interval(secs => least(${firstWaitSeconds} * 2.0 ^ least(failures, 20), ${longestWaitSeconds}))) END
      FROM was WHERE ${ofCarrier(served)} RETURNING was.failing_since IS NULL AS is_first`)
    if (!rows[0]?.is_first) return
    const data = { type: served.type, error: reason }
    await record(tx, systemOf(served), { type: 'carrier.error', subject: { kind: 'carrier', id: served.name }, data })
  })
}

/** Nothing is asked until then; nothing is wrong either. */
export async function held(db: Db, served: Served, ms: number): Promise<void> {
  await db.query(sql`
    UPDATE carrier SET held_until = now() + make_interval(secs => ${ms / 1000}),
      sync_due = CASE WHEN sync_due IS NOT NULL THEN greatest(sync_due, now() + make_interval(secs => ${ms / 1000})) END
    WHERE ${ofCarrier(served)}`)
}

/** Writes down that the carrier did what it was asked; the end of an outage is an event. */
export async function succeeded(db: Db, served: Served): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query(sql`
      UPDATE carrier SET failures = 0, failing_since = NULL
      WHERE ${ofCarrier(served)} AND failing_since IS NOT NULL RETURNING name`)
    if (rows.length === 0) return
    const data = { type: served.type }
    await record(tx, systemOf(served), {
      type: 'carrier.recovered',
      subject: { kind: 'carrier', id: served.name },
      data,
    })
  })
}
