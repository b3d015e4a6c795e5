import { randomUUID } from 'node:crypto'
import type { SimState } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { CarrierSim, Session } from '../carrier/carrier.ts'
import {
  askForAll,
  batchOf,
  type CarriedOut,
  leaseSeconds,
  nextDue,
  type Outcome,
  simForCarrier,
  verdict,
} from './ask.ts'
import type { Claimed } from './claim.ts'

type Target = Exclude<SimState, 'ready'>
type Asked = CarrierSim & { target: Target }
type Answered = { iccid: string; target: Target } & Outcome

/** Asks the carrier for the state changes of a connection that are due, as many as a batch holds. What is to be done stands in the SIMs. */
export async function carryOut(db: Db, claimed: Claimed, session: Session, signal: AbortSignal): Promise<CarriedOut> {
  const call = randomUUID()
  const sims = await claim(db, claimed, call)
  return askForAll(
    sims,
    ({ target, ...sim }) => session.change(sim, target),
    signal,
    // Devices that report SIMs lock them in another order: a deadlock is tried again, or the answers were lost for a lease.
    (outcomes) => {
      const answers = outcomes.map(({ change: { iccid, target }, outcome }) => ({ iccid, target, ...outcome }))
      return db.transaction((tx) => takeIn(tx, claimed, call, answers))
    },
  )
}

async function claim(db: Db, claimed: Claimed, call: string): Promise<Asked[]> {
  const { accountId, name } = claimed
  const { rows } = await db.query<Asked>(sql`
    UPDATE sim AS s SET carrier_call = ${call}, carrier_attempts = carrier_attempts + 1,
      carrier_due = now() + make_interval(secs => ${leaseSeconds})
    FROM (SELECT iccid FROM sim
          WHERE account_id = ${accountId} AND carrier = ${name} AND pending_state IS NOT NULL AND carrier_due <= now()
          ORDER BY carrier_due LIMIT ${batchOf(claimed)} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.account_id = ${accountId} AND s.iccid = due.iccid
    RETURNING ${simForCarrier}, pending_state AS target, carrier_attempts AS attempt,
      coalesce(pending_since, now()) AS "askedAt"`)
  return rows
}

const soFar = {
  isReplaced: sql`s.pending_state <> a.target`,
  failures: sql`s.carrier_failures`,
  attempts: sql`s.carrier_attempts`,
  since: sql`s.pending_since`,
}

/**
 * Takes the answers in. Those of a call that was given up count for nothing, and where a SIM is to go elsewhere by now,
 * that is asked for next.
 */
async function takeIn(db: Db, { accountId, name }: Claimed, call: string, answers: Answered[]): Promise<void> {
  await db.query(sql`
    WITH answer AS (
      SELECT a.iccid, a.target, a.ms, a."carrierState", s.state AS was, s.pending_by, s.pending_reason, s.pending_job,
        ${verdict(soFar)}
      FROM json_to_recordset(${JSON.stringify(answers)})
        AS a (iccid text, target text, "is" text, reason text, ms float8, "carrierState" text)
      JOIN sim AS s ON s.account_id = ${accountId} AND s.iccid = a.iccid AND s.carrier_call = ${call}
        AND s.iccid = ANY (${answers.map(({ iccid }) => iccid)})
      ORDER BY s.iccid FOR UPDATE OF s),
    taken AS (
      UPDATE sim AS s SET
        carrier_call = NULL,
        state = CASE outcome WHEN 'done' THEN a.target ELSE s.state END,
        state_reason = CASE WHEN outcome = 'done' THEN a.pending_reason
                            WHEN outcome IN ('refused', 'failed') THEN a.reason ELSE s.state_reason END,
        activated_at = CASE WHEN outcome = 'done' AND a.target = 'active' THEN coalesce(s.activated_at, now())
                            ELSE s.activated_at END,
        pending_state = CASE WHEN outcome NOT IN ('done', 'refused') THEN s.pending_state END,
        pending_reason = CASE WHEN outcome NOT IN ('done', 'refused') THEN s.pending_reason END,
        pending_by = CASE WHEN outcome NOT IN ('done', 'refused') THEN s.pending_by END,
        pending_since = CASE WHEN outcome NOT IN ('done', 'refused') THEN s.pending_since END,
        pending_job = CASE WHEN outcome NOT IN ('done', 'refused') THEN s.pending_job END,
        carrier_attempts = s.carrier_attempts - CASE outcome WHEN 'held' THEN 1 ELSE 0 END,
        carrier_failures = s.carrier_failures + CASE outcome WHEN 'failed' THEN 1 ELSE 0 END,
        carrier_due = ${nextDue(soFar)}
      FROM answer AS a WHERE s.account_id = ${accountId} AND s.iccid = a.iccid
      RETURNING a.*, s.device_id),
    confirmed AS (
      INSERT INTO sim_at_carrier AS c (account_id, iccid, carrier, state, seen_at)
      SELECT ${accountId}, iccid, ${name}, "carrierState", clock_timestamp() FROM taken
      WHERE outcome = 'done' AND "carrierState" IS NOT NULL
      ON CONFLICT (account_id, iccid) DO UPDATE SET
        carrier = excluded.carrier, state = excluded.state, reason = NULL, seen_at = excluded.seen_at)
    SELECT record_events(array_agg(
      ROW(${accountId}, 'sim.state', pending_by, jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
          jsonb_strip_nulls(jsonb_build_object('from', was, 'to', target, 'job', pending_job,
            'failed', CASE outcome WHEN 'refused' THEN true END,
            'reason', CASE outcome WHEN 'refused' THEN reason ELSE pending_reason END)))::new_event))
    FROM taken WHERE outcome = 'refused' OR (outcome = 'done' AND was <> target)`)
}
