import { randomUUID } from 'node:crypto'
import type { CarrierSetting } from '@mason/contract/carrier-type'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { CarrierAnswer, CarrierSim, Session } from '../carrier/carrier.ts'
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

type Told = CarrierSim & {
  setting: CarrierSetting
  /** Which change of it is told. */
  change: number
  bytes: number | null
  imei: string | null
}
type Answered = { iccid: string; setting: CarrierSetting; change: number; isSet: boolean } & Outcome

/** Tells the carrier of limits and IMEI locks that are due, as many as a batch holds. */
export async function carrySettings(
  db: Db,
  claimed: Claimed,
  session: Session,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const call = randomUUID()
  const changes = await claim(db, claimed, call)
  return askForAll(
    changes,
    (told) => tell(session, told),
    signal,
    (outcomes) =>
      takeIn(
        db,
        claimed,
        call,
        outcomes.map(({ change: { iccid, setting, change, bytes, imei }, outcome }) => ({
          ...{ iccid, setting, change, isSet: (setting === 'dataLimit' ? bytes : imei) !== null },
          ...outcome,
        })),
      ),
  )
}

async function tell(session: Session, { setting, change: _, bytes, imei, ...sim }: Told): Promise<CarrierAnswer> {
  const answer = setting === 'dataLimit' ? session.setDataLimit?.(sim, bytes) : session.setImeiLock?.(sim, imei)
  return answer ?? { is: 'refused', reason: 'The carrier has no such setting' }
}

/** What is wanted is read after the claim: it may be newer than what was claimed, and is then told again, but never older. */
async function claim(db: Db, claimed: Claimed, call: string): Promise<Told[]> {
  const { accountId, name } = claimed
  const { rows: due } = await db.query<{ iccid: string }>(sql`
    UPDATE sim_setting AS t SET call = ${call}, attempts = attempts + 1,
      due = now() + make_interval(secs => ${leaseSeconds})
    FROM (SELECT iccid, setting FROM sim_setting
          WHERE account_id = ${accountId} AND carrier = ${name} AND due <= now()
          ORDER BY due LIMIT ${batchOf(claimed)} FOR UPDATE SKIP LOCKED) AS d
    WHERE t.account_id = ${accountId} AND t.iccid = d.iccid AND t.setting = d.setting RETURNING t.iccid`)
  if (due.length === 0) return []
  const { rows } = await db.query<Told>(sql`
    SELECT ${simForCarrier}, t.setting, t.change, t.attempts AS attempt, t.changed_at AS "askedAt",
      CASE s.data_limit_action WHEN 'suspend' THEN s.data_limit_bytes END AS bytes, s.imei_lock AS imei
    FROM sim_setting AS t JOIN sim AS s ON s.account_id = t.account_id AND s.iccid = t.iccid
    WHERE t.account_id = ${accountId} AND t.iccid = ANY (${due.map(({ iccid }) => iccid)}) AND t.call = ${call}`)
  return rows
}

const soFar = {
  isReplaced: sql`t.change <> a.change`,
  failures: sql`t.failures`,
  attempts: sql`t.attempts`,
  since: sql`t.changed_at`,
}

/** Takes the answers in; those of a call that was given up count for nothing. What the carrier has removed is forgotten. */
async function takeIn(db: Db, { accountId, name }: Claimed, call: string, answers: Answered[]): Promise<void> {
  await db.query(sql`
    WITH answer AS (
      SELECT a.iccid, a.setting, a."isSet" AS is_set, a.ms, t.changed_by, ${verdict(soFar)}
      FROM json_to_recordset(${JSON.stringify(answers)})
        AS a (iccid text, setting text, change int, "isSet" boolean, "is" text, reason text, ms float8)
      JOIN sim_setting AS t ON t.account_id = ${accountId} AND t.iccid = a.iccid AND t.setting = a.setting AND t.call = ${call}
        AND t.iccid = ANY (${answers.map(({ iccid }) => iccid)})
      ORDER BY t.iccid, t.setting FOR UPDATE OF t),
    removed AS (
      DELETE FROM sim_setting AS t USING answer AS a
      WHERE t.account_id = ${accountId} AND t.iccid = a.iccid AND t.setting = a.setting AND outcome = 'done' AND NOT is_set),
    taken AS (
      UPDATE sim_setting AS t SET
        call = NULL,
        reason = CASE WHEN outcome IN ('refused', 'failed') THEN a.reason WHEN outcome = 'done' THEN NULL ELSE t.reason END,
        told_at = CASE outcome WHEN 'done' THEN clock_timestamp() ELSE t.told_at END,
        attempts = t.attempts - CASE outcome WHEN 'held' THEN 1 ELSE 0 END,
        failures = t.failures + CASE outcome WHEN 'failed' THEN 1 ELSE 0 END,
        due = ${nextDue(soFar)}
      FROM answer AS a
      WHERE t.account_id = ${accountId} AND t.iccid = a.iccid AND t.setting = a.setting AND (outcome <> 'done' OR is_set))
    SELECT record_events(array_agg(
      ROW(${accountId}, 'sim.setting', changed_by, jsonb_build_object('kind', 'sim', 'id', a.iccid), s.device_id,
          jsonb_strip_nulls(jsonb_build_object('setting', setting, 'carrier', ${name}::text, 'reason', reason,
            'outcome', CASE WHEN outcome = 'refused' THEN 'refused' WHEN is_set THEN 'set' ELSE 'removed' END)))::new_event))
    FROM answer AS a JOIN sim AS s ON s.account_id = ${accountId} AND s.iccid = a.iccid
    WHERE outcome IN ('done', 'refused')`)
}
