import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from '../jobs/periodic.ts'
import { takeTouched } from './touched.ts'

/** Less than this beyond the usual is no anomaly: tiny SIMs do not shout. Days that have not used more are not looked at. */
export const leastExcessBytes = 20_000_000
/** How many deviations (1.4826 × the median absolute deviation) beyond the median are far outside. */
const deviations = 10
/** Days that are all alike may still vary by this share of their median. */
const leastDeviationShare = 0.1
const historyDays = 28
/** A look takes some 0.2 s and leaves the machine to others in between: an anomaly can wait, limits cannot. */
const mostAtOnce = 2_000
/** A SIM with less of a past has no usual day yet: it is within every bound. */
const leastHistoryDays = 14

/**
 * Looks for days far outside their SIM's own history, the four weeks before each: of today and yesterday, whose records
 * come in. A history is read once a SIM and day, and only when the day could be an anomaly at all; one event a SIM and day.
 */
export const judgeAnomalies: PeriodicJob = {
  name: 'judge-anomalies',
  everyMs: 1_000,
  run: async (tx) => {
    if (await takeTouched(tx, 'usage_large_day', mostAtOnce)) await judge(tx)
  },
}

async function judge(tx: Db): Promise<void> {
  const large = sql`
    WITH large AS MATERIALIZED (
      SELECT account_id, iccid, t.day, upload + download AS used
      FROM touched AS t CROSS JOIN LATERAL (
        SELECT upload, download FROM usage_sim_day AS d
        WHERE d.account_id = t.account_id AND d.iccid = t.iccid AND month = date_trunc('month', t.day)::date AND d.day = t.day
        OFFSET 0) AS d
      WHERE t.day >= current_date - 1 AND upload + download > ${leastExcessBytes})`
  await tx.query(sql`
    ${large}
    INSERT INTO sim_day_bound (account_id, iccid, day, median, bound)
    SELECT account_id, iccid, day, coalesce(median, 0),
           CASE WHEN days < ${leastHistoryDays} THEN 9007199254740991
                ELSE least(median + greatest(${leastExcessBytes}, ${deviations} * greatest(deviation, ${leastDeviationShare} * median)),
                           9007199254740991) END
    FROM large AS l
    JOIN sim AS s USING (account_id, iccid)
    CROSS JOIN LATERAL (
      WITH past AS MATERIALIZED (
        SELECT day, upload + download AS bytes FROM usage_sim_day AS d
        WHERE d.account_id = l.account_id AND d.iccid = l.iccid
          AND month >= date_trunc('month', l.day - ${historyDays}::int)::date AND month <= l.day
          AND day >= l.day - ${historyDays}::int AND day < l.day),
      -- Days without usage count, from the SIM's beginning on.
      complete AS MATERIALIZED (
        SELECT bytes FROM past
        UNION ALL
        SELECT 0 FROM generate_series(1, least(${historyDays}::int, l.day - least(s.created_at::date, (SELECT min(day) FROM past)))
                                           - (SELECT count(*)::int FROM past))),
      middle AS MATERIALIZED (
        SELECT count(*) AS days, percentile_cont(0.5) WITHIN GROUP (ORDER BY bytes) AS median FROM complete)
      SELECT days, median, 1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(bytes - median)) AS deviation
      FROM middle LEFT JOIN complete ON true GROUP BY days, median) AS history
    WHERE NOT EXISTS (SELECT FROM sim_day_bound AS b
                      WHERE b.account_id = l.account_id AND b.iccid = l.iccid AND b.day = l.day)
    ORDER BY account_id, iccid, day
    ON CONFLICT DO NOTHING`)
  await tx.query(sql`
    ${large},
    crossed AS (
      UPDATE sim_day_bound AS b SET is_crossed = true FROM large AS l
      WHERE b.account_id = l.account_id AND b.iccid = l.iccid AND b.day = l.day AND NOT is_crossed AND used > bound
      RETURNING b.*, used)
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    SELECT account_id, 'sim.anomaly', '{"kind": "system"}', jsonb_build_object('kind', 'sim', 'id', iccid),
           device_id, jsonb_build_object('day', day, 'used', used, 'median', median, 'bound', bound)
    FROM crossed JOIN sim USING (account_id, iccid)
    ORDER BY account_id, iccid, day`)
}

/** Forgets the bounds of days that are not judged any more. */
export async function forgetBounds(tx: Db): Promise<void> {
  await tx.query(sql`DELETE FROM sim_day_bound WHERE day < current_date - 1`)
}
