import type { Count } from '@mason/contract/count'
import pg from 'pg'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { Reach } from '../reach.ts'
import { rowsWithin } from '../rows-within.ts'

/** So long it may take to count; the answer is to be there within a second. */
const longestMs = 900

/** So much of a table is looked at for an estimate, in blocks of 8 KiB. */
const sampleBlocks = 2_500

/**
 * Counts the rows within a reach that meet a condition, which begins with AND: exactly where that takes less than a second, else
 * by a sample of the table.
 */
export async function countMatches(
  db: Db,
  table: 'device' | 'sim',
  reach: Reach,
  where: Sql,
  withinMs = longestMs,
): Promise<Count> {
  const { from, condition } = await rowsWithin(db, reach, table)
  const matching = sql`account_id = ${reach.accountId} ${where} ${condition}`
  try {
    return await db.transaction(async (tx) => {
      await tx.query(sql`SELECT set_config('statement_timeout', ${String(withinMs)}, true)`)
      const { rows } = await tx.query<{ count: number }>(sql`SELECT count(*) FROM ${from} WHERE ${matching}`)
      return { count: rows[0]?.count ?? 0, exact: true }
    })
  } catch (error) {
    if (!isCanceled(error)) throw error
    return { count: await estimate(db, table, matching), exact: false }
  }
}

const isCanceled = (error: unknown) => error instanceof pg.DatabaseError && error.code === '57014'

/** How many match in some blocks of the table, taken for all of them: in a tenth of them where even these take long. */
async function estimate(db: Db, table: string, matching: Sql): Promise<number> {
  const { rows: sizes } = await db.query<{ blocks: number }>(
    sql`SELECT pg_relation_size(${table}::regclass) / current_setting('block_size')::int AS blocks`,
  )
  const blocks = Math.max(1, sizes[0]?.blocks ?? 1)
  const sample = async (most: number) => {
    const share = Math.min(1, most / blocks)
    const begunMs = performance.now()
    const { rows } = await db.query<{ count: number }>(
      sql`SELECT count(*) FROM ${raw(table)} TABLESAMPLE SYSTEM (${share * 100}) WHERE ${matching}`,
    )
    return { share, tookMs: performance.now() - begunMs, count: Math.round((rows[0]?.count ?? 0) / share) }
  }
  const few = await sample(sampleBlocks / 10)
  const isEnough = few.share === 1 || few.tookMs * 10 > longestMs
  return isEnough ? few.count : (await sample(sampleBlocks)).count
}
