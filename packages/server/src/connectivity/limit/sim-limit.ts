import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'
import { moveState } from '../sim/move.ts'
import { daysAtOnce, takeTouched } from './touched.ts'

interface SimKey {
  account_id: string
  iccid: string
}

/** Why a SIM is suspended, as its `stateReason` says. */
const reason = 'data_limit'

/**
 * Compares what SIMs have used in the months of the touched days with their limits. That one is reached is written once,
 * whatever crashes or runs beside it: the row decides. In the current month the limit also acts.
 */
export const judgeLimits: PeriodicJob = {
  name: 'judge-limits',
  everyMs: 1_000,
  run: async (tx) => {
    // What is dated into a month to come is judged when that is there.
    const taken = await takeTouched(tx, 'usage_touched', sql`day < date_trunc('month', now()) + interval '1 month'`)
    if (taken > 0) await judge(tx)
    return taken === daysAtOnce
  },
}

/** Looked up by hash: as a join it may go through all that have crossed for each that was judged. */
const isCrossed = sql`((account_id, iccid, month) IN (SELECT account_id, iccid, month FROM crossed)) IS TRUE`

async function judge(tx: Db): Promise<void> {
  const { rows } = await tx.query<SimKey & { verdict: 'suspend' | 'resume' }>(sql`
    WITH month AS (
      SELECT DISTINCT account_id, iccid, date_trunc('month', day)::date AS month
      FROM touched
      WHERE day >= date_trunc('month', now()) - interval '1 month' AND day < date_trunc('month', now()) + interval '1 month'),
    judged AS (
      SELECT m.*, s.device_id, s.data_limit_bytes AS bytes, s.data_limit_action AS action, o.suspended, used,
             month = date_trunc('month', now()) AS is_current, coalesce(used >= s.data_limit_bytes, false) AS is_over
      FROM month AS m
      CROSS JOIN LATERAL (
        SELECT device_id, data_limit_bytes, data_limit_action FROM sim AS s
        WHERE s.account_id = m.account_id AND s.iccid = m.iccid OFFSET 0) AS s
      LEFT JOIN LATERAL (
        SELECT iccid, suspended FROM sim_over_limit AS o
        WHERE o.account_id = m.account_id AND o.iccid = m.iccid AND o.month = m.month OFFSET 0) AS o ON true
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(usage_total(upload) + usage_total(download)), 0) AS used FROM usage_sim_month AS u
        WHERE u.account_id = m.account_id AND u.month = m.month AND u.iccid = m.iccid) AS so_far
      WHERE s.data_limit_bytes IS NOT NULL OR o.iccid IS NOT NULL),
    crossed AS (
      INSERT INTO sim_over_limit AS o (account_id, iccid, month, bytes, action)
      SELECT account_id, iccid, month, bytes, action FROM judged WHERE is_over ORDER BY account_id, iccid, month
      ON CONFLICT (account_id, iccid, month) DO UPDATE SET
        bytes = excluded.bytes, action = excluded.action, suspended = o.suspended AND excluded.action = 'suspend'
      WHERE (o.bytes, o.action) <> (excluded.bytes, excluded.action)
      RETURNING account_id, iccid, month),
    lifted AS (
      DELETE FROM sim_over_limit AS o USING judged AS j
      WHERE (o.account_id, o.iccid, o.month) = (j.account_id, j.iccid, j.month) AND NOT j.is_over
      RETURNING o.account_id, o.iccid, o.suspended),
    told AS (
      SELECT record_events(array_agg(
        ROW(account_id, 'sim.limit', '{"kind": "system"}', jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
            jsonb_build_object('month', to_char(month, 'YYYY-MM'), 'used', used, 'limit', j.bytes, 'action', j.action))::new_event))
        AS done
      FROM judged AS j WHERE ${isCrossed})
    SELECT account_id, iccid, CASE action WHEN 'suspend' THEN 'suspend' ELSE 'resume' END AS verdict
    FROM judged WHERE ${isCrossed} AND is_current AND (action = 'suspend' OR suspended)
    UNION ALL
    SELECT account_id, iccid, 'resume' FROM lifted WHERE suspended
    UNION ALL
    -- Never a row: but what no SELECT reads is not executed.
    SELECT NULL, NULL, NULL FROM told WHERE done IS NULL
    ORDER BY account_id, iccid`)
  await suspend(
    tx,
    rows.filter(({ verdict }) => verdict === 'suspend'),
  )
  await resume(
    tx,
    rows.filter(({ verdict }) => verdict === 'resume'),
  )
}

/** What a limit had suspended goes on when its month is over. @returns whether there may be more. */
export async function resumeOfLastMonth(tx: Db): Promise<boolean> {
  const { rows } = await tx.query<SimKey>(sql`
    WITH over AS (SELECT account_id, iccid, month FROM sim_over_limit
                  WHERE suspended AND month < date_trunc('month', now())
                  ORDER BY month, account_id, iccid LIMIT ${portion})
    UPDATE sim_over_limit AS o SET suspended = false FROM over
    WHERE (o.account_id, o.iccid, o.month) = (over.account_id, over.iccid, over.month)
    RETURNING o.account_id, o.iccid`)
  await resume(tx, rows)
  return rows.length === portion
}

async function suspend(tx: Db, sims: readonly SimKey[]): Promise<void> {
  for (const [accountId, iccids] of byAccount(sims)) {
    const active = await lockThose(tx, accountId, iccids, sql`coalesce(pending_state, state) = 'active'`)
    await moveState(tx, systemOf(accountId), active, 'suspended', { reason })
    // One that the limit of last month still has suspended stays so for this month's.
    await tx.query(sql`
      UPDATE sim_over_limit AS o SET suspended = true
      WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) AND month = date_trunc('month', now())
        AND (iccid = ANY (${active}) OR ${isClaimed(sql`o`)})`)
  }
}

async function resume(tx: Db, sims: readonly SimKey[]): Promise<void> {
  for (const [accountId, iccids] of byAccount(sims)) {
    const free = sql`coalesce(pending_state, state) = 'suspended' AND NOT ${isClaimed(sql`s`)}`
    await moveState(tx, systemOf(accountId), await lockThose(tx, accountId, iccids, free), 'active')
  }
}

/** Whether a limit is why this SIM is suspended. */
const isClaimed = (sim: Sql) => sql`EXISTS (
  SELECT FROM sim_over_limit AS c WHERE c.account_id = ${sim}.account_id AND c.iccid = ${sim}.iccid AND c.suspended)`

/** Which of the SIMs meet the condition; they stay so until the commit. */
async function lockThose(tx: Db, accountId: string, iccids: string[], condition: Sql): Promise<string[]> {
  const { rows } = await tx.query<{ iccid: string }>(sql`
    SELECT iccid FROM sim AS s WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) AND ${condition}
    ORDER BY iccid FOR UPDATE`)
  return rows.map(({ iccid }) => iccid)
}

function byAccount(sims: readonly SimKey[]): Map<string, string[]> {
  const groups = Map.groupBy(sims, ({ account_id }) => account_id)
  return new Map([...groups].map(([accountId, group]) => [accountId, group.map(({ iccid }) => iccid)]))
}

const systemOf = (accountId: string) => ({ kind: 'system' as const, accountId, id: 'limit' })
