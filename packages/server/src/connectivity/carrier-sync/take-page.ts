import { carrierSettings } from '@mason/contract/carrier-type'
import type { SimState } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Card } from '../carrier/carrier.ts'
import { insert } from '../sim/register.ts'
import { tellCarriers } from '../sim/tell-carriers.ts'
import type { Claimed } from './claim.ts'
import type { SyncCounts } from './sync-state.ts'

/** A page that a carrier has listed. */
interface Listed {
  /** The sync that it is of. */
  sync: string
  /** When it was asked for, by the clock of the database: what was confirmed since is newer. */
  askedAt: string
  cards: readonly Card[]
}

interface Known {
  iccid: string
  carrier: string
}

type Took = Omit<SyncCounts, 'missing'>

/**
 * Compares SIMs as the carrier lists them with what is known here: registers those that are not, and corrects states that were
 * changed elsewhere.
 */
export async function takePage(db: Db, claimed: Claimed, { sync, askedAt, cards }: Listed): Promise<Took> {
  const { importSims = false } = claimed.options
  const imported = importSims ? await importUnknown(db, claimed, cards) : new Set<string>()
  return db.transaction(async (tx) => {
    const known = await findKnown(tx, claimed, cards)
    if (importSims) await adopt(tx, claimed, known)
    const own = known.filter(({ sim: { carrier } }) => carrier === claimed.name)
    const corrected = await correct(tx, claimed, { sync, askedAt, own })
    await remember(tx, claimed, sync, own)
    return {
      sims: cards.length,
      imported: imported.size,
      unknown: cards.length - known.length,
      corrected,
    }
  })
}

interface Matched {
  card: Card
  sim: Known
}

/** The actor of what a carrier has done. */
const actorOf = ({ accountId, name }: Claimed) => ({ kind: 'carrier' as const, accountId, id: name })

async function findKnown(db: Db, { accountId }: Claimed, cards: readonly Card[]): Promise<Matched[]> {
  const { rows } = await db.query<Known>(sql`
    SELECT iccid, carrier FROM sim WHERE account_id = ${accountId} AND iccid = ANY (${cards.flatMap(({ iccids }) => iccids)})`)
  const sims = new Map(rows.map((sim) => [sim.iccid, sim]))
  return cards.flatMap((card) => {
    const sim = card.iccids.map((iccid) => sims.get(iccid)).find((found) => found !== undefined)
    return sim ? [{ card, sim }] : []
  })
}

/** Of those that are not registered, in any form of their number. */
async function importUnknown(db: Db, claimed: Claimed, cards: readonly Card[]): Promise<Set<string>> {
  const there = new Set((await findKnown(db, claimed, cards)).map(({ card }) => card))
  const missing = cards.filter((card) => !there.has(card) && card.iccids[0] !== undefined)
  if (missing.length === 0) return new Set()
  const sims = missing.map(({ iccids: [iccid = ''], imsi, msisdn, eid }) => ({
    ...{ iccid, carrier: claimed.name, ...(imsi && { imsi }), ...(msisdn && { msisdn }), ...(eid && { eid }) },
  }))
  const states = missing.map(({ iccids, state }) => ({ iccid: iccids[0], state: state ?? 'ready' }))
  return db.transaction(async (tx) => {
    const created = await insert(tx, actorOf(claimed), sims)
    await tx.query(sql`
      UPDATE sim AS s SET state = c.state, activated_at = CASE WHEN c.state = 'active' THEN now() END
      FROM json_to_recordset(${JSON.stringify(states)}) AS c (iccid text, state text)
      WHERE s.account_id = ${claimed.accountId} AND s.iccid = c.iccid AND s.iccid = ANY (${[...created]})
        AND s.state <> c.state`)
    return created
  })
}

/** SIMs for which nobody was called become those of the carrier that lists them. */
async function adopt(tx: Db, claimed: Claimed, known: readonly Matched[]): Promise<void> {
  const { accountId, name } = claimed
  const iccids = known.flatMap(({ sim: { iccid, carrier } }) => (carrier === 'manual' ? iccid : []))
  if (iccids.length === 0) return
  await tx.query(sql`
    WITH adopted AS (
      SELECT iccid FROM sim
      WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) AND carrier = 'manual' AND pending_state IS NULL
      ORDER BY iccid FOR UPDATE)
    UPDATE sim AS s SET carrier = ${name} FROM adopted WHERE s.account_id = ${accountId} AND s.iccid = adopted.iccid`)
  for (const { sim } of known) if (sim.carrier === 'manual') sim.carrier = name
  await tellCarriers(tx, actorOf(claimed), iccids, carrierSettings)
}

interface Correction {
  sync: string
  askedAt: string
  own: readonly Matched[]
}

/** One that is on its way somewhere is left alone, and so is one that the carrier itself has confirmed since it was asked for the list. */
async function correct(tx: Db, claimed: Claimed, { sync, askedAt, own }: Correction): Promise<number> {
  const { accountId, name } = claimed
  const said = own.flatMap(({ card: { state, reason }, sim: { iccid } }) =>
    state === undefined ? [] : [{ iccid, state: state satisfies SimState, reason }],
  )
  if (said.length === 0) return 0
  const { kind, id } = actorOf(claimed)
  const { rows } = await tx.query<{ corrected: number }>(sql`
    WITH wrong AS (
      SELECT s.iccid, s.state AS was, c.state, coalesce(c.reason, 'changed at the carrier') AS reason
      FROM json_to_recordset(${JSON.stringify(said)}) AS c (iccid text, state text, reason text)
      JOIN sim AS s ON s.account_id = ${accountId} AND s.iccid = c.iccid AND s.iccid = ANY (${said.map(({ iccid }) => iccid)})
      WHERE s.carrier = ${name} AND s.pending_state IS NULL AND s.state <> c.state
        -- Neither is connected: that it was never activated is known here alone.
        AND NOT (s.state = 'ready' AND c.state = 'suspended')
        AND NOT EXISTS (SELECT FROM sim_at_carrier AS a
                        WHERE a.account_id = s.account_id AND a.iccid = s.iccid AND a.seen_at > ${askedAt}::timestamptz
                          AND a.seen_in IS DISTINCT FROM ${sync}::uuid)
      ORDER BY s.iccid FOR UPDATE OF s),
    corrected AS (
      UPDATE sim AS s SET state = w.state, state_reason = CASE w.state WHEN 'active' THEN NULL ELSE w.reason END,
        activated_at = CASE WHEN w.state = 'active' THEN coalesce(s.activated_at, now()) ELSE s.activated_at END
      FROM wrong AS w WHERE s.account_id = ${accountId} AND s.iccid = w.iccid
      RETURNING s.iccid, s.device_id, w.was, w.state, w.reason),
    -- Its limit has no say in it until it is reached again.
    decided AS (
      UPDATE sim_over_limit AS o SET suspended = false FROM corrected AS c
      WHERE o.account_id = ${accountId} AND o.iccid = c.iccid AND o.suspended)
    SELECT count(*)::int AS corrected, record_events(array_agg(
      ROW(${accountId}, 'sim.state', ${JSON.stringify({ kind, id })}, jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
          jsonb_build_object('from', was, 'to', state, 'reason', reason))::new_event))
    FROM corrected`)
  return rows[0]?.corrected ?? 0
}

async function remember(tx: Db, { accountId, name }: Claimed, sync: string, own: readonly Matched[]): Promise<void> {
  if (own.length === 0) return
  const said = own.map(({ card: { reference, carrierState, reason }, sim: { iccid } }) => ({
    ...{ iccid, reference, state: carrierState, reason },
  }))
  await tx.query(sql`
    INSERT INTO sim_at_carrier AS a (account_id, iccid, carrier, reference, state, reason, seen_at, seen_in)
    SELECT ${accountId}, iccid, ${name}, reference, state, reason, clock_timestamp(), ${sync}
    FROM json_to_recordset(${JSON.stringify(said)}) AS c (iccid text, reference text, state text, reason text)
    ORDER BY iccid COLLATE "C"
    ON CONFLICT (account_id, iccid) DO UPDATE SET
      carrier = excluded.carrier, reference = excluded.reference, state = excluded.state, reason = excluded.reason,
      seen_at = excluded.seen_at, seen_in = excluded.seen_in,
      pulled_until = CASE WHEN a.carrier = excluded.carrier THEN a.pulled_until END`)
}
