import sql, { raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from './periodic.ts'

const hourMs = 3_600_000
/** Months that a young installation is likely to bring along, and months to come. */
const monthsBack = 13
const monthsAhead = 2

/** Keeps partitions of usage ready, and drops records that are past their retention whole. */
export function rollUsage(recordDays: number): PeriodicJob {
  return {
    name: 'roll-usage',
    everyMs: hourMs,
    run: async (tx) => {
      await createMonths(tx)
      await beginPeriod(tx, recordDays)
      await dropPeriods(tx, recordDays)
    },
  }
}

async function createMonths(tx: Db): Promise<void> {
  const { rows } = await tx.query<{ name: string; first: string; next: string }>(sql`
    SELECT 'usage_sim_day_' || to_char(month, 'YYYYMM') AS name, month::date::text AS first,
      (month + interval '1 month')::date::text AS next
    FROM generate_series(date_trunc('month', now()) - make_interval(months => ${monthsBack}),
                         date_trunc('month', now()) + make_interval(months => ${monthsAhead}), interval '1 month') AS month
    WHERE to_regclass('usage_sim_day_' || to_char(month, 'YYYYMM')) IS NULL`)
  for (const { name, first, next } of rows) {
    const range = raw(`FOR VALUES FROM ('${first}') TO ('${next}')`)
    // Days of that month may have come before there was a partition for them, and none may come while they move.
    await tx.query(sql`LOCK TABLE usage_sim_day IN SHARE ROW EXCLUSIVE MODE`)
    await tx.query(sql`CREATE TABLE ${raw(name)} (LIKE usage_sim_day INCLUDING CONSTRAINTS) WITH (fillfactor = 85)`)
    await tx.query(sql`
      WITH moved AS (DELETE FROM usage_sim_day_default WHERE day >= ${first} AND day < ${next} RETURNING *)
      INSERT INTO ${raw(name)} SELECT * FROM moved`)
    await tx.query(sql`ALTER TABLE usage_sim_day ATTACH PARTITION ${raw(name)} ${range}`)
  }
}

/** Two periods and the one that fills up hold at least as many days as are to be kept. */
async function beginPeriod(tx: Db, recordDays: number): Promise<void> {
  const isOver = sql`SELECT current_date::text AS today FROM usage_period WHERE period + ${Math.ceil(recordDays / 2)}::int <= current_date`
  const { rows } = await tx.query<{ today: string }>(isOver)
  const [{ today } = { today: undefined }] = rows
  if (today === undefined) return
  const name = `usage_record_${today.replaceAll('-', '')}`
  // Waits for those who write to the period that ends, and holds up those to come.
  await tx.query(sql`CREATE TABLE ${raw(name)} PARTITION OF usage_record FOR VALUES IN (${raw(`'${today}'`)})`)
  await tx.query(sql`SELECT index_usage_period(${name})`)
  await tx.query(sql`UPDATE usage_period SET period = ${today}, has_older = true`)
}

/** A period is past its retention when what arrived on its last day is. */
async function dropPeriods(tx: Db, recordDays: number): Promise<void> {
  const { rows } = await tx.query<{ name: string }>(sql`
    SELECT name FROM (
      SELECT relid::text AS name, lead(relid::text) OVER (ORDER BY relid::text) AS next
      FROM pg_partition_tree('usage_record') WHERE isleaf) AS period
    WHERE to_date(right(next, 8), 'YYYYMMDD') + ${recordDays}::int < current_date`)
  for (const { name } of rows) await tx.query(sql`DROP TABLE ${raw(name)}`)
}
