import type pg from 'pg'

/** Digits only: what matters here is that there are as many different ones. */
export const iccidOf = (place: number) => `8988303${String(place).padStart(12, '0')}`

const values = 20

/** SIMs of the first account, each marked as one of twenty customers'. */
export async function seedSims(client: pg.Client, sims: number): Promise<void> {
  // Without triggers: no device reports these, and nothing was used yet.
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
  await client.query('VACUUM ANALYZE sim, sim_marker')
}

/** Use of every SIM on each of the days before today, and the sums of it, as ingest would have left them. */
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
