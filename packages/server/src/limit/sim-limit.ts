import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { TouchedDay } from './judge-usage.ts'

interface Verdict {
  account_id: string
  iccid: string
  is_to_suspend: boolean
}

/**
 * Compares what SIMs have used in the months of these days with their limits. That one is reached is written once,
 * whatever crashes or runs beside it: the row decides. In the current month the limit also acts.
 */
export async function judgeLimits(tx: Db, touched: readonly TouchedDay[]): Promise<void> {
  const { rows } = await tx.query<Verdict>(sql`
    WITH month AS (
      SELECT DISTINCT account_id, iccid, date_trunc('month', day)::date AS month
      FROM unnest(${touched.map((one) => one.account_id)}::uuid[], ${touched.map((one) => one.iccid)}::text[],
                  ${touched.map((one) => one.day)}::date[]) AS t (account_id, iccid, day)
      WHERE day >= date_trunc('month', now()) - interval '1 month'),
    judged AS (
      SELECT m.*, s.device_id, s.data_limit_bytes AS bytes, s.data_limit_action AS action, o.suspended, used,
             month = date_trunc('month', now()) AS is_current, coalesce(used >= s.data_limit_bytes, false) AS is_over
      FROM month AS m
      JOIN sim AS s USING (account_id, iccid)
      LEFT JOIN sim_over_limit AS o USING (account_id, iccid, month)
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(upload + download), 0) AS used FROM usage_sim_day AS d
        WHERE d.account_id = m.account_id AND d.iccid = m.iccid
          AND d.day >= m.month AND d.day < m.month + interval '1 month') AS so_far
      WHERE s.data_limit_bytes IS NOT NULL OR o.iccid IS NOT NULL),
    crossed AS (
      INSERT INTO sim_over_limit AS o (account_id, iccid, month, bytes, action)
      SELECT account_id, iccid, month, bytes, action FROM judged WHERE is_over ORDER BY account_id, iccid, month
      ON CONFLICT (account_id, iccid, month) DO UPDATE SET bytes = excluded.bytes, action = excluded.action
      WHERE (o.bytes, o.action) <> (excluded.bytes, excluded.action)
      RETURNING account_id, iccid, month),
    lifted AS (
      DELETE FROM sim_over_limit AS o USING judged AS j
      WHERE (o.account_id, o.iccid, o.month) = (j.account_id, j.iccid, j.month) AND NOT j.is_over AND NOT o.suspended),
    told AS (
      INSERT INTO event (account_id, type, actor, subject, device_id, data)
      SELECT account_id, 'sim.limit', '{"kind": "system"}', jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
             jsonb_build_object('month', to_char(month, 'YYYY-MM'), 'used', used, 'limit', bytes, 'action', action)
      FROM crossed JOIN judged USING (account_id, iccid, month))
    SELECT account_id, iccid, is_over AND action = 'suspend' AS is_to_suspend
    FROM judged LEFT JOIN crossed USING (account_id, iccid, month)
    WHERE is_current AND CASE WHEN is_over AND action = 'suspend' THEN crossed.iccid IS NOT NULL ELSE suspended END
    ORDER BY account_id, iccid`)
  for (const { account_id, iccid, is_to_suspend } of rows)
    await (is_to_suspend ? suspend(tx, account_id, iccid) : resume(tx, account_id, iccid))
}
