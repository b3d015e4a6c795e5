import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion } from '../../core/jobs/portion.ts'
import { takeTouched } from './touched.ts'

/** Less than this beyond the usual is no anomaly: tiny SIMs do not shout. Days that have not used more are not looked at. */
export const leastExcessBytes = 20_000_000
/** How many deviations (1.4826 × the median absolute deviation) beyond the median are far outside. */
const deviations = 10
/** Days that are all alike may still vary by this share of their median. */
const leastDeviationShare = 0.1
const historyDays = 28
/** A SIM with less of a past has no usual day yet: it is within every bound. */
const leastHistoryDays = 14

/**
 * Looks for days far outside their SIM's own history, the four weeks before each: of today and yesterday, whose records
 * come in. A bound is worked out once a SIM and day, and only when the day could be an anomaly at all; one event a SIM and day.
 */
export const judgeAnomalies: PeriodicJob = {
  name: 'judge-anomalies',
  everyMs: 1_000,
  run: async (tx) => {
    if ((await takeTouched(tx, 'usage_large_day')) > 0) await judge(tx)
    // A portion takes some 0.1 s and leaves the machine to others in between: an anomaly can wait, limits cannot.
    return false
  },
}

interface Usual {
  median: number
  bound: number
}

interface LargeDay extends Usual {
  account_id: string
  iccid: string
  day: string
  used: number
  is_bounded: boolean
  /** Bytes of the days before on which the SIM used something, and how many days it has had, up to 28. */
  past: number[]
  past_days: number
}

async function judge(tx: Db): Promise<void> {
  const { rows } = await tx.query<LargeDay>(sql`
    SELECT t.account_id, t.iccid, t.day::text, used, b.iccid IS NOT NULL AS is_bounded, median, bound, past,
           least(${historyDays}::int, t.day - least(s.created_at::date, first_day)) AS past_days
    FROM touched AS t
    CROSS JOIN LATERAL (
      SELECT created_at FROM sim AS s WHERE s.account_id = t.account_id AND s.iccid = t.iccid OFFSET 0) AS s
    LEFT JOIN sim_day_bound AS b USING (account_id, iccid, day)
    CROSS JOIN LATERAL (
      SELECT max(bytes) FILTER (WHERE day = t.day) AS used, min(day) AS first_day,
             coalesce(array_agg(bytes::float8) FILTER (WHERE day < t.day), '{}') AS past
      FROM usage_of_sim(t.account_id, t.iccid, t.day - ${historyDays}::int, t.day + 1) AS d,
           LATERAL (SELECT upload + download AS bytes) AS sum) AS history
    WHERE t.day >= current_date - 1 AND used > ${leastExcessBytes}
    ORDER BY account_id, iccid, day`)
  const judged = rows.map(({ account_id, iccid, day, used, ...history }) => {
    const { median, bound } = history.is_bounded ? history : usualOf(history)
    return { account_id, iccid, day, used, median, bound, is_crossed: used > bound }
  })
  await tx.query(sql`
    WITH judged AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(judged)}::jsonb)
        AS j (account_id uuid, iccid text, day date, used bigint, median bigint, bound bigint, is_crossed boolean)),
    crossed AS (
      INSERT INTO sim_day_bound AS b (account_id, iccid, day, median, bound, is_crossed)
      SELECT account_id, iccid, day, median, bound, is_crossed FROM judged ORDER BY account_id, iccid, day
      ON CONFLICT (account_id, iccid, day) DO UPDATE SET is_crossed = true WHERE excluded.is_crossed AND NOT b.is_crossed
      RETURNING *)
    SELECT record_events(array_agg(
      ROW(account_id, 'sim.anomaly', '{"kind": "system"}', jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
          jsonb_build_object('day', day, 'used', used, 'median', c.median, 'bound', c.bound))::new_event
      ORDER BY account_id, iccid, day))
    FROM crossed AS c JOIN judged USING (account_id, iccid, day)
    CROSS JOIN LATERAL (
      SELECT device_id FROM sim AS s WHERE s.account_id = c.account_id AND s.iccid = c.iccid OFFSET 0) AS s
    WHERE c.is_crossed`)
}

/** Days without usage count, from the SIM's beginning on. */
function usualOf({ past, past_days }: Pick<LargeDay, 'past' | 'past_days'>): Usual {
  const days = [...past, ...Array<number>(past_days - past.length).fill(0)]
  const median = medianOf(days)
  if (days.length < leastHistoryDays) return { median, bound: Number.MAX_SAFE_INTEGER }
  const deviation = 1.4826 * medianOf(days.map((bytes) => Math.abs(bytes - median)))
  const excess = Math.max(leastExcessBytes, deviations * Math.max(deviation, leastDeviationShare * median))
  return { median, bound: Math.min(Math.round(median + excess), Number.MAX_SAFE_INTEGER) }
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return Math.round((low + high) / 2)
}

/** Forgets the bounds of days that are not judged any more. @returns whether there may be more. */
export const forgetBounds = (tx: Db): Promise<boolean> =>
  deletePortion(tx, 'sim_day_bound', sql`day < current_date - 1`)
