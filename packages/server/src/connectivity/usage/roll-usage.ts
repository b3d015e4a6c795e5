import { hourMs } from '@mason/contract/time'
import sql, { raw } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'

/** Begins partitions of records, and drops those that are past their retention whole. */
export function rollUsage(recordDays: number): PeriodicJob {
  return {
    name: 'roll-usage',
    everyMs: hourMs,
    waitsForBackup: true,
    run: async (tx) => {
      await beginPeriod(tx, recordDays)
      await dropPeriods(tx, recordDays)
      return false
    },
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
