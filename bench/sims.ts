import type pg from 'pg'
import { fillIndexed } from './indexed.ts'

/** The ICCID of a SIM by its number; unique, without a valid check digit. */
export const iccidOf = (number: number) => `8988303${String(number).padStart(12, '0')}`

const values = 20

/** Creates the SIMs of the first account, each with a marker of one of twenty customers. */
export async function seedSims(client: pg.Client, sims: number): Promise<void> {
  // Triggers are not needed: no device reports these SIMs, and they have no usage yet.
  await client.query('SET session_replication_role = replica')
  await client.query(
    `INSERT INTO sim (account_id, iccid, carrier)
     SELECT account.id, '8988303' || lpad(n::text, 12, '0'), 'manual'
     FROM account, generate_series(0, $1::int - 1) AS n WHERE account.name = 'default'`,
    [sims],
  )
  await client.query(
    `INSERT INTO sim_marker (account_id, iccid, key, value)
     SELECT account_id, iccid, 'customer', 'c' || right(iccid, 6)::int % $1 FROM sim`,
    [values],
  )
  await client.query('RESET session_replication_role')
  await fillIndexed(
    client,
    'sim_search_by_gram',
    `INSERT INTO sim_search (account_id, iccid, slice, text) SELECT account_id, iccid, left(iccid, 14), sim_search_text(sim) FROM sim`,
  )
  await client.query('VACUUM ANALYZE sim, sim_marker, sim_search')
}

/** Creates the usage of every SIM on each day before today, and its sums, as ingest would. */
export async function seedUsage(client: pg.Client, days: number): Promise<void> {
  const bytes = (value: string) => `
    array(SELECT CASE WHEN date_trunc('month', day) = month AND day >= current_date - $1::int AND day < current_date
                      THEN ${value} ELSE 0 END
          FROM generate_series(0, 30) AS n, LATERAL (SELECT month + n AS day) AS d ORDER BY n)`
  await client.query(
    `INSERT INTO usage_sim_month (account_id, month, iccid, upload, download)
     SELECT account_id, month, iccid, ${bytes('used')}, ${bytes('used * 8 + (current_date - day)')}
     FROM (SELECT month::date FROM generate_series(date_trunc('month', current_date - $1::int), current_date, '1 month') AS month)
     CROSS JOIN (SELECT *, (hashtext(iccid) & 1048575)::bigint AS used FROM sim) AS s ORDER BY month, iccid`,
    [days],
  )
  await client.query(
    `INSERT INTO usage_sum
     SELECT d.account_id, '', '', day, sum(upload), sum(download) FROM usage_sim_day AS d GROUP BY 1, day
     UNION ALL
     SELECT d.account_id, m.key, m.value, day, sum(upload), sum(download)
     FROM usage_sim_day AS d JOIN sim_marker AS m USING (account_id, iccid) GROUP BY 1, 2, 3, day`,
  )
  await client.query('VACUUM ANALYZE usage_sim_month, usage_sum')
}
