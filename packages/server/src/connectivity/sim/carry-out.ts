import { randomUUID } from 'node:crypto'
import type { CarrierName, SimState } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { longestWaitSeconds } from '../../core/jobs/correct-clock.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import { ask, type CarrierAnswer, type CarrierSim } from './carrier/carrier.ts'
import { carriers } from './carrier/carriers.ts'

/** Calls under way at once, of one account. */
const batchSize = 100
const callMs = 30_000
/** Longer than any call: one that is due again is not under way any more. */
const leaseSeconds = 60
/** With waits of 10 seconds doubling to the longest of 50 minutes: some two and a quarter hours. */
const maxAttempts = 10

interface Asked extends CarrierSim {
  carrier: CarrierName
  target: SimState
}

type Answered = { iccid: string; target: SimState } & (CarrierAnswer | { is: 'failed'; reason: string })

/** Asks carriers for the state changes of an account that are due. What is to be done stands in the SIMs. */
export const carryOut: Task<{ accountId: string }> = {
  name: 'carry-out-sims',
  run: async (db, { accountId }, signal) => {
    const call = randomUUID()
    while (!signal.aborted) {
      const sims = await claim(db, accountId, call)
      if (sims.length === 0) break
      const answers = await Promise.all(sims.map((sim) => answerFor(sim, signal)))
      // Devices that report SIMs lock them in another order: a deadlock is tried again, or the answers were lost for a lease.
      await db.transaction((tx) => takeIn(tx, accountId, call, answers))
    }
    const { rows } = await db.query<{ due: Date | null }>(sql`
      SELECT min(carrier_due) AS due FROM sim WHERE account_id = ${accountId} AND pending_state IS NOT NULL`)
    const [next] = rows
    if (next?.due) await enqueue(db, carryOut, { accountId }, { key: `later ${accountId}`, runAt: next.due })
  },
}

/** Looks after what nobody works on, as after a crash. */
export const resumeCarrying: PeriodicJob = {
  name: 'resume-carrying',
  everyMs: 5_000,
  run: async (db) => {
    const { rows } = await db.query<{ account_id: string }>(sql`
      SELECT DISTINCT account_id
      FROM (SELECT account_id FROM sim WHERE pending_state IS NOT NULL AND carrier_due <= now()
            ORDER BY carrier_due LIMIT 1000) AS due
      WHERE NOT EXISTS (SELECT FROM sim AS s WHERE s.account_id = due.account_id AND s.pending_state IS NOT NULL
                        AND s.carrier_due > now() AND s.carrier_call IS NOT NULL)`)
    for (const { account_id: accountId } of rows)
      await enqueue(db, carryOut, { accountId }, { key: `${carryOut.name} ${accountId}` })
    return false
  },
}

async function claim(db: Db, accountId: string, call: string): Promise<Asked[]> {
  const { rows } = await db.query<Asked>(sql`
    UPDATE sim AS s SET carrier_call = ${call}, carrier_attempts = carrier_attempts + 1,
      carrier_due = now() + make_interval(secs => ${leaseSeconds})
    FROM (SELECT iccid FROM sim WHERE account_id = ${accountId} AND pending_state IS NOT NULL AND carrier_due <= now()
          ORDER BY carrier_due LIMIT ${batchSize} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.account_id = ${accountId} AND s.iccid = due.iccid
    RETURNING s.iccid, imsi, msisdn, eid, carrier, pending_state AS target, carrier_attempts AS attempt,
      coalesce((SELECT jsonb_object_agg(key, value) FROM sim_marker AS m
                WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.until_day = 'infinity'), '{}') AS markers`)
  return rows
}

async function answerFor({ carrier, target, ...sim }: Asked, signal: AbortSignal): Promise<Answered> {
  const { iccid } = sim
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
    return { iccid, target, ...(await ask(carriers[carrier], target, sim, limited)) }
  } catch (error) {
    return { iccid, target, is: 'failed', reason: (error as Error).message.slice(0, 300) }
  }
}

/**
 * Takes the answers in. Those of a call that was given up count for nothing, and where a SIM is to go elsewhere by now,
 * that is asked for next.
 */
async function takeIn(db: Db, accountId: string, call: string, answers: Answered[]): Promise<void> {
  await db.query(sql`
    WITH answer AS (
      SELECT a.*, s.state AS was, s.pending_by, s.pending_reason,
        CASE WHEN s.pending_state <> a.target THEN 'replaced'
             WHEN a."is" = 'failed' AND s.carrier_attempts >= ${maxAttempts} THEN 'refused'
             ELSE a."is" END AS outcome
      FROM json_to_recordset(${JSON.stringify(answers)}) AS a (iccid text, target text, "is" text, reason text)
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
        carrier_due = CASE WHEN outcome = 'replaced' THEN now()
                           WHEN outcome IN ('failed', 'working')
                           THEN now() + make_interval(secs => least(10 * 2.0 ^ least(s.carrier_attempts - 1, 20), ${longestWaitSeconds})) END
      FROM answer AS a WHERE s.account_id = ${accountId} AND s.iccid = a.iccid
      RETURNING a.*)
    SELECT record_events(array_agg(
      ROW(${accountId}, 'sim.state', pending_by, jsonb_build_object('kind', 'sim', 'id', iccid), NULL,
          jsonb_strip_nulls(jsonb_build_object('from', was, 'to', target,
            'failed', CASE outcome WHEN 'refused' THEN true END,
            'reason', CASE outcome WHEN 'refused' THEN reason ELSE pending_reason END)))::new_event))
    FROM taken WHERE outcome = 'refused' OR (outcome = 'done' AND was <> target)`)
}
