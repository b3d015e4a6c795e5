import { dayMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { record } from '../../core/event/record.ts'
import type { Session } from '../carrier/carrier.ts'
import type { Claimed } from './claim.ts'
import { firstDayOf, keepPulled, type Pulled, pullUsageOf, writeDay } from './pull-usage.ts'
import { endSync, keepSync, type SyncState } from './sync-state.ts'
import { takePage } from './take-page.ts'

/** SIMs that a portion asks the usage of, one by one. */
const askedAtOnce = 25
/** SIMs that a portion passes, where nothing is asked. */
const passedAtOnce = 500

interface Walked {
  iccid: string
  reference: string | null
  is_seen: boolean
  is_new: boolean
  is_over: boolean
  pulled_until: string | null
}

/**
 * Does a portion of a sync and keeps how far it has come.
 *
 * @returns how it goes on; undefined when it has ended, or is to begin anew.
 */
export async function syncPortion(
  db: Db,
  claimed: Claimed,
  session: Session,
  state: SyncState,
): Promise<SyncState | undefined> {
  const next = await portions[state.phase](db, claimed, session, state)
  if (next) return (await keepSync(db, claimed, next)) ? next : undefined
  await db.transaction((tx) => tellEnd(tx, claimed, state))
  return undefined
}

type Portion = (db: Db, claimed: Claimed, session: Session, state: SyncState) => Promise<SyncState | undefined>

const list: Portion = async (db, claimed, session, state) => {
  if (!session.list) return undefined
  const { rows } = await db.query<{ now: string }>(sql`SELECT clock_timestamp()::text AS now`)
  const { cards, next } = await session.list(state.from)
  const counts = { ...state.counts }
  for (let index = 0; index < cards.length; index += passedAtOnce) {
    const part = cards.slice(index, index + passedAtOnce)
    const took = await takePage(db, claimed, { sync: state.id, askedAt: rows[0]?.now ?? state.startedAt, cards: part })
    counts.sims += took.sims
    counts.imported += took.imported
    counts.unknown += took.unknown
    counts.corrected += took.corrected
  }
  return next === undefined ? { ...state, counts, phase: 'walk', from: undefined } : { ...state, counts, from: next }
}

const walk: Portion = async (db, claimed, session, state) => {
  const most = session.usageOf ? askedAtOnce : passedAtOnce
  const rows = await simsAfter(db, claimed, state, most)
  const missing = rows.filter(({ is_seen, is_new, is_over }) => !is_seen && !is_new && !is_over)
  await markMissing(db, claimed, missing)
  if (session.usageOf) await pullUsageOf(db, claimed, session.usageOf, rows.flatMap(toPull), await todayOf(db))
  const last = rows.at(-1)
  const counts = { ...state.counts, missing: state.counts.missing + missing.length }
  if (last && rows.length === most) return { ...state, counts, after: last.iccid }
  state.counts = counts
  if (!session.usageOn) return undefined
  return { ...state, counts, phase: 'days', day: await firstDay(db, claimed, state) }
}

/** All of one day: what a carrier tells of all SIMs is held only for so long. */
const days: Portion = async (db, claimed, session, state) => {
  const today = await todayOf(db)
  const { day = today } = state
  if (!session.usageOn || day > today) return undefined
  const sums = await session.usageOn(day)
  for (let after = '', isMore = true; isMore; ) {
    const rows = await simsAfter(db, claimed, { ...state, after }, passedAtOnce)
    const seen = rows.flatMap(toPull)
    await writeDay(db, claimed, day, seen, sums)
    if (day === today) await keepPulled(db, claimed, seen)
    isMore = rows.length === passedAtOnce
    after = rows.at(-1)?.iccid ?? after
  }
  return { ...state, day: new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10) }
}

const portions = { list, walk, days }

const toPull = ({ iccid, reference, is_seen, pulled_until }: Walked): Pulled[] =>
  is_seen && reference !== null ? [{ iccid, reference, pulledUntil: pulled_until }] : []

async function todayOf(db: Db): Promise<string> {
  const { rows } = await db.query<{ today: string }>(sql`SELECT utc_day(now())::text AS today`)
  return rows[0]?.today ?? new Date().toISOString().slice(0, 10)
}

async function simsAfter(
  db: Db,
  { accountId, name }: Claimed,
  { id, startedAt, after }: SyncState,
  most: number,
): Promise<Walked[]> {
  const { rows } = await db.query<Walked>(sql`
    SELECT s.iccid, a.reference, coalesce(a.seen_in = ${id}::uuid, false) AS is_seen,
      s.created_at >= ${startedAt}::timestamptz AS is_new, s.state = 'deactivated' AS is_over, a.pulled_until::text AS pulled_until
    FROM (SELECT account_id, iccid, created_at, state FROM sim
          WHERE account_id = ${accountId} AND carrier = ${name} AND iccid > ${after} ORDER BY iccid LIMIT ${most}) AS s
    LEFT JOIN LATERAL (
      SELECT reference, seen_in, pulled_until FROM sim_at_carrier AS a
      WHERE a.account_id = s.account_id AND a.iccid = s.iccid AND a.carrier = ${name} OFFSET 0) AS a ON true
    ORDER BY s.iccid`)
  return rows
}

/** What the carrier does not list keeps the state that it has here, and says so. */
async function markMissing(db: Db, { accountId, name }: Claimed, missing: readonly Walked[]): Promise<void> {
  if (missing.length === 0) return
  await db.query(sql`
    INSERT INTO sim_at_carrier AS a (account_id, iccid, carrier, reason)
    SELECT ${accountId}, iccid, ${name}, 'The carrier does not list this SIM'
    FROM unnest(${missing.map(({ iccid }) => iccid)}::text[]) AS iccid
    ON CONFLICT (account_id, iccid) DO UPDATE SET
      carrier = excluded.carrier, reason = excluded.reason, state = NULL,
      reference = CASE WHEN a.carrier = excluded.carrier THEN a.reference END`)
}

/** Where one of the SIMs is new, all are asked about since the first of the month. */
async function firstDay(db: Db, { accountId, name }: Claimed, { id }: SyncState): Promise<string> {
  const { rows } = await db.query<{ pulled_until: string | null; today: string }>(sql`
    SELECT utc_day(now())::text AS today, CASE WHEN EXISTS (
      SELECT FROM sim_at_carrier AS a
      WHERE a.account_id = c.account_id AND a.carrier = c.name AND a.pulled_until IS NULL AND a.seen_in = ${id}::uuid) THEN NULL
      ELSE c.pulled_until::text END AS pulled_until
    FROM carrier AS c WHERE account_id = ${accountId} AND name = ${name}`)
  const [{ pulled_until = null, today } = { today: await todayOf(db) }] = rows
  return firstDayOf(pulled_until, today)
}

async function tellEnd(tx: Db, claimed: Claimed, state: SyncState): Promise<void> {
  const { accountId, name } = claimed
  if (state.phase === 'days')
    await tx.query(sql`
      UPDATE carrier SET pulled_until = utc_day(now()) WHERE account_id = ${accountId} AND name = ${name}`)
  const isLast = await endSync(tx, claimed, state)
  const { imported, corrected } = state.counts
  if (!isLast || imported + corrected === 0) return
  const subject = { kind: 'carrier', id: name }
  const actor = { kind: 'system' as const, accountId, id: 'carrier' }
  await record(tx, actor, { type: 'carrier.synced', subject, data: { ...state.counts } })
}
