import { numberArray, textArray } from '../../core/db/array-literal.ts'
import type { Db } from '../../core/db/database.ts'
import { leastExcessBytes } from '../limit/anomaly.ts'
import { type DayOfSims, TooMuch } from './sum-days.ts'

/** Some of what was written names no SIM. */
export class HasUnknownSims extends Error {}

/**
 * Adds what SIMs have used to their months, to the sums of the account and of markers, and to what is to be judged. Rows are
 * locked in the order of months and ICCIDs, so that writers wait for each other and never in a circle.
 */
export async function addDays(tx: Db, accountId: string, days: DayOfSims[]): Promise<void> {
  for (const [month, ofMonth] of Map.groupBy(days, (day) => day.month)) {
    if (ofMonth.length > 1) await lock(tx, accountId, month, ofMonth)
    for (const day of ofMonth) await addDay(tx, accountId, day)
  }
}

/** A row is changed once for each of its days: it is locked before any of them. */
async function lock(tx: Db, accountId: string, month: number, days: DayOfSims[]): Promise<void> {
  const iccids = new Set(days.flatMap(({ sims }) => sims.map(({ iccid }) => iccid)))
  await tx.query({
    name: 'usage-lock',
    text: `
      INSERT INTO usage_sim_month AS m (account_id, month, iccid, upload, download)
      SELECT $1, date '1970-01-01' + $2::int, iccid, usage_month(1, 0), usage_month(1, 0) FROM unnest($3::text[]) AS iccid
      ON CONFLICT (account_id, month, iccid) DO UPDATE SET upload = m.upload`,
    values: [accountId, month, textArray([...iccids].sort())],
  })
}

async function addDay(tx: Db, accountId: string, { month, dayOfMonth, sims }: DayOfSims): Promise<void> {
  const { rows } = await tx.query<{ is_too_much: boolean; has_unknown_sims: boolean }>({
    name: 'usage-day',
    text: `
      WITH used AS MATERIALIZED (
        SELECT date '1970-01-01' + $2::int AS month, date '1970-01-01' + $2::int + $3::int - 1 AS day, iccid, upload, download
        FROM unnest($4::text[], $5::bigint[], $6::bigint[]) AS b (iccid, upload, download)
      ), of_months AS (
        INSERT INTO usage_sim_month AS m (account_id, month, iccid, upload, download)
        SELECT $1, month, iccid, usage_month($3, upload), usage_month($3, download) FROM used
        ON CONFLICT (account_id, month, iccid) DO UPDATE SET
          upload[$3] = m.upload[$3] + excluded.upload[$3], download[$3] = m.download[$3] + excluded.download[$3]
        RETURNING iccid, month + $3 - 1 AS day, upload[$3] + download[$3] AS used
      ), limited AS (
        INSERT INTO usage_touched (account_id, iccid, day)
        SELECT $1, iccid, day FROM of_months AS m
        WHERE (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = m.iccid AND data_limit_bytes IS NOT NULL)
      ), large AS (
        INSERT INTO usage_large_day (account_id, iccid, day)
        SELECT $1, iccid, day FROM of_months WHERE used > ${leastExcessBytes} AND day >= current_date - 1
      ), of_account AS (
        INSERT INTO usage_sum_difference SELECT $1, '', '', day, sum(upload), sum(download) FROM used GROUP BY day
      ), marked AS MATERIALIZED (
        SELECT u.*, m.key, m.value
        FROM used AS u LEFT JOIN LATERAL (
          -- The order makes it the primary key that is looked into: by key and ICCID, PostgreSQL 18 searches three times.
          SELECT key, value FROM sim_marker AS m
          WHERE m.account_id = $1 AND m.iccid = u.iccid AND from_day <= u.day AND until_day > u.day
          ORDER BY key, from_day OFFSET 0) AS m ON true
      ), of_markers AS (
        INSERT INTO usage_sum_difference
        SELECT $1, key, value, day, sum(upload), sum(download) FROM marked WHERE key IS NOT NULL GROUP BY key, value, day
      )
      SELECT (SELECT max(used) FROM of_months) > ${Number.MAX_SAFE_INTEGER} AS is_too_much,
        EXISTS (SELECT FROM marked AS m WHERE key IS NULL
                AND (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = m.iccid) IS NULL) AS has_unknown_sims`,
    values: [
      accountId,
      month,
      dayOfMonth,
      textArray(sims.map(({ iccid }) => iccid)),
      numberArray(sims.map(({ upload }) => upload)),
      numberArray(sims.map(({ download }) => download)),
    ],
  })
  if (rows[0]?.has_unknown_sims) throw new HasUnknownSims()
  if (rows[0]?.is_too_much) throw new TooMuch()
}
