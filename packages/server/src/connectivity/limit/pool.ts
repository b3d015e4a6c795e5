import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/**
 * Compares what every account has used in this month and the last with its allowance as it is now, so that a change of either
 * is seen. A threshold is told once a month: the row decides.
 */
export async function judgePools(tx: Db): Promise<void> {
  await tx.query(sql`
    WITH used AS (
      SELECT s.account_id, s.thresholds, s.allowance, month, used
      FROM subscription_setting AS s
      CROSS JOIN LATERAL (
        SELECT date_trunc('month', day)::date AS month, sum(upload + download) AS used
        FROM usage_account_day AS d
        WHERE d.account_id = s.account_id AND day >= date_trunc('month', now()) - interval '1 month'
          AND day < date_trunc('month', now()) + interval '1 month'
        GROUP BY 1) AS months),
    crossed AS (
      INSERT INTO pool_crossing (account_id, month, threshold)
      SELECT account_id, month, threshold
      FROM used, unnest(thresholds) AS threshold
      WHERE allowance > 0 AND used * 100 >= allowance::numeric * threshold
      ORDER BY account_id, month, threshold
      ON CONFLICT DO NOTHING
      RETURNING account_id, month, threshold)
    SELECT record_events(array_agg(
      ROW(account_id, 'pool.threshold', '{"kind": "system"}', jsonb_build_object('kind', 'subscription', 'id', account_id), NULL,
          jsonb_build_object('month', to_char(month, 'YYYY-MM'), 'threshold', threshold, 'used', used,
                             'allowance', allowance))::new_event
      ORDER BY account_id, month, threshold))
    FROM crossed JOIN used USING (account_id, month)`)
}
