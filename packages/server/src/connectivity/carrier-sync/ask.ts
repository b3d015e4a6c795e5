import sql, { type Sql } from 'sql-template-tag'
import { longestWaitSeconds } from '../../core/jobs/correct-clock.ts'
import type { CarrierAnswer } from '../carrier/carrier.ts'
import { CarrierFault, sentenceOf } from '../carrier/fault.ts'
import { carrierTypesByName } from '../carrier/types.ts'
import type { Claimed } from './claim.ts'

/** What is asked at once takes at most so long, by the pace of the carrier, and is at most so much. */
const secondsOfBatch = 5
const mostAtOnce = 100
/** Longer than a batch takes: what is due again is not under way any more. */
export const leaseSeconds = 120
/** With waits of 10 seconds doubling to the longest of 50 minutes: some two and a quarter hours. */
const maxFailures = 10
/** A carrier that works on a change for longer has forgotten it. */
const workingHours = 24

/** What came of asking a carrier for a change. */
export type Outcome =
  | CarrierAnswer
  | { is: 'failed'; reason: string }
  /** Nothing was tried that counts. */
  | { is: 'held'; ms: number }

/** What came of a batch. */
export interface CarriedOut {
  /** How many changes were due. */
  total: number
  /** Why the connection should be left alone for a while, if so. */
  fault: unknown
}

/** How many changes of a connection are asked for at once. */
export function batchOf({ type, options }: Claimed): number {
  const perSecond = options.requestsPerSecond ?? carrierTypesByName[type].requestsPerSecond
  return Math.max(1, Math.min(mostAtOnce, Math.floor(perSecond * secondsOfBatch)))
}

/** Asks for each change, and hands in all that came of them. */
export async function askForAll<Change>(
  changes: readonly Change[],
  ask: (change: Change) => Promise<CarrierAnswer>,
  signal: AbortSignal,
  takeIn: (outcomes: { change: Change; outcome: Outcome }[]) => Promise<void>,
): Promise<CarriedOut> {
  const faults: unknown[] = []
  const outcomes = await Promise.all(
    changes.map(async (change) => {
      try {
        return { change, outcome: await ask(change) }
      } catch (error) {
        if (isOfConnection(error, signal)) faults.push(error)
        return { change, outcome: outcomeOf(error, signal) }
      }
    }),
  )
  if (outcomes.length > 0) await takeIn(outcomes)
  const isDown = faults.length > 0 && outcomes.every(({ outcome: { is } }) => is === 'failed' || is === 'held')
  const [fault] = faults.filter((one) => isDown || isBusyOrShut(one))
  return { total: changes.length, fault }
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

/** How a change has gone so far, as columns. */
interface SoFar {
  /** Whether something else is wanted by now. */
  isReplaced: Sql
  failures: Sql
  attempts: Sql
  since: Sql
}

/** What an answer `a` means after what went before: `outcome` and `reason`. */
export const verdict = ({ isReplaced, failures, since }: SoFar): Sql => sql`
  CASE WHEN ${isReplaced} THEN 'replaced'
       WHEN a."is" = 'failed' AND ${failures} + 1 >= ${maxFailures} THEN 'refused'
       WHEN ${isForgotten(since)} THEN 'refused'
       ELSE a."is" END AS outcome,
  CASE WHEN ${isForgotten(since)} THEN 'The carrier did not do it within a day' ELSE a.reason END AS reason`

const isForgotten = (since: Sql) =>
  sql`a."is" = 'working' AND ${since} < now() - make_interval(hours => ${workingHours})`

/** When it is asked for next, by the outcome in `a`; null when it is over. */
export const nextDue = ({ attempts }: Pick<SoFar, 'attempts'>): Sql => sql`
  CASE WHEN a.outcome = 'replaced' THEN now()
       WHEN a.outcome = 'held' THEN now() + make_interval(secs => a.ms / 1000)
       WHEN a.outcome IN ('failed', 'working')
       THEN now() + make_interval(secs => least(10 * 2.0 ^ least(${attempts} - 1, 20), ${longestWaitSeconds})) END`

/** What a carrier is told of a SIM `s`, as JSON has it. */
export const simForCarrier = sql`
  s.iccid, s.imsi, s.msisdn, s.eid,
  (SELECT reference FROM sim_at_carrier AS a
   WHERE a.account_id = s.account_id AND a.iccid = s.iccid AND a.carrier = s.carrier) AS reference,
  coalesce((SELECT jsonb_object_agg(key, value) FROM sim_marker AS m
            WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.until_day = 'infinity'), '{}') AS markers`
