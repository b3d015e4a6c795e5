import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Claimed } from './claim.ts'

/** What a sync has found so far. */
export interface SyncCounts {
  sims: number
  imported: number
  unknown: number
  corrected: number
  missing: number
}

/** How far a sync has come; a crash repeats one portion. */
export interface SyncState {
  id: string
  startedAt: string
  /** Lists SIMs, then walks past those of the connection, then takes usage day by day where it is told so. */
  phase: 'list' | 'walk' | 'days'
  /** Where the carrier's list goes on. */
  from?: string | undefined
  /** The ICCID behind which the walk goes on. */
  after: string
  /** The day that is next. */
  day?: string
  counts: SyncCounts
}

const nothingYet: SyncCounts = { sims: 0, imported: 0, unknown: 0, corrected: 0, missing: 0 }

const ofCarrier = ({ accountId, name, lease }: Claimed) =>
  sql`account_id = ${accountId} AND name = ${name} AND lease = ${lease}`

/** A sync that was asked for later than this one began. */
const isAskedSince = sql`coalesce(sync_asked_at > (sync ->> 'startedAt')::timestamptz, false)`

/** Begins a sync, or goes on with the one that is under way. @returns undefined when none is due. */
export async function beginSync(db: Db, claimed: Claimed): Promise<SyncState | undefined> {
  const { rows: due } = await db.query<{ now: string }>(sql`
    SELECT clock_timestamp()::text AS now FROM carrier WHERE ${ofCarrier(claimed)} AND sync_due <= now()`)
  if (!due[0]) return undefined
  const fresh: SyncState = { id: randomUUID(), startedAt: due[0].now, phase: 'list', after: '', counts: nothingYet }
  const { rows } = await db.query<{ sync: SyncState }>(sql`
    UPDATE carrier SET sync = CASE WHEN sync IS NULL OR ${isAskedSince} THEN ${JSON.stringify(fresh)}::jsonb ELSE sync END
    WHERE ${ofCarrier(claimed)} RETURNING sync`)
  return rows[0]?.sync
}

/** Keeps how far it has come. @returns whether it goes on: not when another was asked for, or another node has it. */
export async function keepSync(db: Db, claimed: Claimed, state: SyncState): Promise<boolean> {
  const { rows } = await db.query<{ goes_on: boolean }>(sql`
    UPDATE carrier SET sync = ${JSON.stringify(state)}
    WHERE ${ofCarrier(claimed)} RETURNING NOT ${isAskedSince} AS goes_on`)
  return rows[0]?.goes_on ?? false
}

const usualMinutes = 60

/** Ends a sync; one that was asked for meanwhile begins at once. */
export async function endSync(tx: Db, claimed: Claimed, { counts, startedAt }: SyncState): Promise<boolean> {
  const minutes = claimed.options.syncMinutes ?? usualMinutes
  const isLast = sql`coalesce(sync_asked_at <= ${startedAt}::timestamptz, true)`
  const { rows } = await tx.query<{ is_last: boolean }>(sql`
    UPDATE carrier SET sync = NULL, counts = ${JSON.stringify(counts)},
      last_sync_at = CASE WHEN ${isLast} THEN now() ELSE last_sync_at END,
      sync_due = CASE WHEN ${isLast} THEN now() + make_interval(mins => ${minutes}) ELSE now() END
    WHERE ${ofCarrier(claimed)} RETURNING ${isLast} AS is_last`)
  return rows[0]?.is_last ?? false
}
