import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { TouchedDay } from './judge-usage.ts'

/** A day that uses less than this more than usual is no anomaly: tiny SIMs do not shout. */
const leastExcessBytes = 20_000_000
/** How many deviations (1.4826 × the median absolute deviation) beyond the median are far outside. */
const deviations = 10
/** Days that are all alike still vary by this share of the median. */
const leastDeviationShare = 0.1
const historyDays = 28
/** A SIM with less of a past has no usual day yet. */
const leastHistoryDays = 14

/**
 * Looks for days far outside their SIM's own history, the four weeks before each. Today and yesterday are judged, whose
 * records come in; one event a SIM and day: the row decides. Only days that could be anomalies at all read a history.
 */
export async function judgeAnomalies(tx: Db, touched: readonly TouchedDay[]): Promise<void> {
  await tx.query(sql`
    WITH large AS (
      SELECT t.account_id, t.iccid, t.day, d.upload + d.download AS used
      FROM (SELECT DISTINCT * FROM unnest(${touched.map((one) => one.account_id)}::uuid[],
              ${touched.map((one) => one.iccid)}::text[], ${touched.map((one) => one.day)}::date[])
              AS t (account_id, iccid, day)
            WHERE day >= current_date - 1) AS t
      JOIN usage_sim_day AS d USING (account_id, iccid, day)
      WHERE d.upload + d.download >= ${leastExcessBytes}),
    judged AS (
      SELECT l.*, s.device_id, history.*
      FROM large AS l
      JOIN sim AS s USING (account_id, iccid)
      CROSS JOIN LATERAL (
        WITH past AS MATERIALIZED (
          SELECT day, upload + download AS bytes FROM usage_sim_day AS d
          WHERE d.account_id = l.account_id AND d.iccid = l.iccid AND d.day >= l.day - ${historyDays}::int AND d.day < l.day),
        complete AS MATERIALIZED (
          SELECT coalesce(bytes, 0) AS bytes
          FROM generate_series(greatest(l.day - ${historyDays}::int,
                                        least(s.created_at::date, (SELECT min(day) FROM past))), l.day - 1,
                               interval '1 day') AS every (day)
          LEFT JOIN past ON past.day = every.day::date),
        middle AS MATERIALIZED (
          SELECT count(*) AS days, percentile_cont(0.5) WITHIN GROUP (ORDER BY bytes) AS median FROM complete)
        SELECT days, median, 1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(bytes - median)) AS deviation
        FROM middle, complete GROUP BY days, median) AS history
      WHERE days >= ${leastHistoryDays}
        AND used - median >= ${leastExcessBytes}
        AND used - median > ${deviations} * greatest(deviation, ${leastDeviationShare} * median)),
    found AS (
      INSERT INTO sim_anomaly (account_id, iccid, day) SELECT account_id, iccid, day FROM judged ORDER BY 1, 2, 3
      ON CONFLICT DO NOTHING
      RETURNING account_id, iccid, day)
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    SELECT account_id, 'sim.anomaly', '{"kind": "system"}', jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
           jsonb_build_object('day', day, 'used', used, 'median', round(median), 'deviation', round(deviation))
    FROM found JOIN judged USING (account_id, iccid, day)
    ORDER BY account_id, iccid, day`)
}
