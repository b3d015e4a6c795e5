import { randomUUID } from 'node:crypto'
import type { SimState } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { longestWaitSeconds } from '../../core/jobs/correct-clock.ts'
import type { CarrierAnswer, CarrierSim, Session } from '../carrier/carrier.ts'
import { CarrierFault, sentenceOf } from '../carrier/fault.ts'
import { carrierTypesByName } from '../carrier/types.ts'
import type { Claimed } from './claim.ts'

/** SIMs that are changed at once take at most so long, by the pace of the carrier, and are at most so many. */
const secondsOfBatch = 5
const mostAtOnce = 100
/** Longer than a batch takes: one that is due again is not under way any more. */
const leaseSeconds = 120
/** With waits of 10 seconds doubling to the longest of 50 minutes: some two and a quarter hours. */
const maxFailures = 10
/** A carrier that works on a change for longer has forgotten it. */
const workingHours = 24

type Target = Exclude<SimState, 'ready'>
type Asked = CarrierSim & { target: Target }
type Outcome =
  | CarrierAnswer
  | { is: 'failed'; reason: string }
  /** Nothing was tried that counts. */
  | { is: 'held'; ms: number }
type Answered = { iccid: string; target: Target } & Outcome

/** What came of a batch. */
interface CarriedOut {
  /** How many SIMs were due. */
  total: number
  /** Why the connection should be left alone for a while, if so. */
  fault: unknown
}

/** Asks the carrier for the state changes of a connection that are due, as many as a batch holds. What is to be done stands in the SIMs. */
export async function carryOut(db: Db, claimed: Claimed, session: Session, signal: AbortSignal): Promise<CarriedOut> {
  const call = randomUUID()
  const sims = await claim(db, claimed, call)
  const faults: unknown[] = []
  const answers = await Promise.all(
    sims.map(async ({ target, ...sim }): Promise<Answered> => {
      const { iccid } = sim
      try {
        return { iccid, target, ...(await session.change(sim, target)) }
      } catch (error) {
        if (isOfConnection(error, signal)) faults.push(error)
        return { iccid, target, ...outcomeOf(error, signal) }
      }
    }),
  )
  // Devices that report SIMs lock them in another order: a deadlock is tried again, or the answers were lost for a lease.
  if (answers.length > 0) await db.transaction((tx) => takeIn(tx, claimed, call, answers))
  const isDown = faults.length > 0 && answers.every(({ is }) => is === 'failed' || is === 'held')
  const [fault] = faults.filter((one) => isDown || isBusyOrShut(one))
  return { total: sims.length, fault }
}

/** What one SIM meets with is its own affair, unless all meet with it. */
const isOfConnection = (error: unknown, signal: AbortSignal) =>
  error instanceof CarrierFault && error.kind !== 'refused' && !signal.aborted

const isBusyOrShut = (error: unknown) =>
  error instanceof CarrierFault && (error.kind === 'busy' || error.kind === 'credentials')

function outcomeOf(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { is: 'held', ms: 0 }
  if (error instanceof CarrierFault && error.kind === 'busy') return { is: 'held', ms: error.retryAfterMs }
  if (error instanceof CarrierFault && error.kind === 'credentials') return { is: 'held', ms: 10_000 }
  if (error instanceof CarrierFault && error.kind === 'refused') return { is: 'refused', reason: sentenceOf(error) }
  return { is: 'failed', reason: sentenceOf(error) }
}

async function claim(db: Db, { accountId, name, type, options }: Claimed, call: string): Promise<Asked[]> {
  const perSecond = options.requestsPerSecond ?? carrierTypesByName[type].requestsPerSecond
  const batch = Math.max(1, Math.min(mostAtOnce, Math.floor(perSecond * secondsOfBatch)))
  const { rows } = await db.query<Asked>(sql`
    UPDATE sim AS s SET carrier_call = ${call}, carrier_attempts = carrier_attempts + 1,
      carrier_due = now() + make_interval(secs => ${leaseSeconds})
    FROM (SELECT iccid FROM sim
          WHERE account_id = ${accountId} AND carrier = ${name} AND pending_state IS NOT NULL AND carrier_due <= now()
          ORDER BY carrier_due LIMIT ${batch} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.account_id = ${accountId} AND s.iccid = due.iccid
    RETURNING s.iccid, imsi, msisdn, eid, pending_state AS target, carrier_attempts AS attempt,
      coalesce(pending_since, now()) AS "askedAt",
      (SELECT reference FROM sim_at_carrier AS a
       WHERE a.account_id = s.account_id AND a.iccid = s.iccid AND a.carrier = s.carrier) AS reference,
      coalesce((SELECT jsonb_object_agg(key, value) FROM sim_marker AS m
                WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.until_day = 'infinity'), '{}') AS markers`)
  return rows
}

/**
 * Takes the answers in. Those of a call that was given up count for nothing, and where a SIM is to go elsewhere by now,
 * that is asked for next.
 */
async function takeIn(db: Db, { accountId, name }: Claimed, call: string, answers: Answered[]): Promise<void> {
  await db.query(sql`
    WITH answer AS (
      SELECT a.*, s.state AS was, s.pending_by, s.pending_reason, s.pending_job,
        CASE WHEN s.pending_state <> a.target THEN 'replaced'
             WHEN a."is" = 'failed' AND s.carrier_failures + 1 >= ${maxFailures} THEN 'refused'
             WHEN a."is" = 'working' AND s.pending_since < now() - make_interval(hours => ${workingHours}) THEN 'forgotten'
             ELSE a."is" END AS outcome
      FROM json_to_recordset(${JSON.stringify(answers)})
        AS a (iccid text, target text, "is" text, reason text, ms float8, "carrierState" text)
      JOIN sim AS s ON s.account_id = ${accountId} AND s.iccid = a.iccid AND s.carrier_call = ${call}
        AND s.iccid = ANY (${answers.map(({ iccid }) => iccid)})
      ORDER BY s.iccid FOR UPDATE OF s),
    ended AS (
      SELECT iccid, target, was, pending_by, pending_reason, pending_job, ms, "carrierState",
        CASE outcome WHEN 'forgotten' THEN 'refused' ELSE outcome END AS outcome,
        CASE outcome WHEN 'forgotten' THEN 'The carrier did not do it within a day' ELSE reason END AS reason
      FROM answer),
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
        carrier_due = CASE WHEN outcome = 'replaced' THEN now()
                           WHEN outcome = 'held' THEN now() + make_interval(secs => a.ms / 1000)
                           WHEN outcome IN ('failed', 'working')
                           THEN now() + make_interval(secs => least(10 * 2.0 ^ least(s.carrier_attempts - 1, 20), ${longestWaitSeconds})) END
      FROM ended AS a WHERE s.account_id = ${accountId} AND s.iccid = a.iccid
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
