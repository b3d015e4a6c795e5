import type pg from 'pg'

/** Digits only: what matters here is that there are as many different ones. */
export const iccidOf = (place: number) => `8988303${String(place).padStart(12, '0')}`

const values = 20

/** SIMs of the first account, each marked as one of twenty customers'. */
export async function seedSims(client: pg.Client, sims: number): Promise<void> {
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
  await client.query('VACUUM ANALYZE sim, sim_marker')
}

/** Use of every SIM on each of the days before today, and the sums of it, as ingest would have left them. */
export async function seedUsage(client: pg.Client, days: number): Promise<void> {
  for (let ago = days; ago >= 1; ago--)
    await client.query(
      `INSERT INTO usage_sim_day
       SELECT account_id, iccid, current_date - $1::int, hashtext(iccid) & 1048575, (hashtext(iccid) & 1048575) * 8 + $1 FROM sim`,
      [ago],
    )
  await client.query(
    `INSERT INTO usage_sum
     SELECT d.account_id, '', '', day, sum(upload), sum(download) FROM usage_sim_day AS d GROUP BY 1, day
     UNION ALL
     SELECT d.account_id, m.key, m.value, day, sum(upload), sum(download)
     FROM usage_sim_day AS d JOIN sim_marker AS m USING (account_id, iccid) GROUP BY 1, 2, 3, day`,
  )
  await client.query('VACUUM ANALYZE usage_sim_day, usage_sum')
}
