import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** Days of SIMs that one transaction judges. Each takes a look at the use of a whole month. */
export const daysAtOnce = 200

/**
 * Takes days of SIMs whose use has changed out of their queue, into the temporary table `touched (account_id, iccid, day)`,
 * each once. They are forgotten with the transaction that judges them: one that fails takes them again.
 *
 * @returns how many were taken: `daysAtOnce`, while there are so many.
 */
export async function takeTouched(
  tx: Db,
  queue: 'usage_touched' | 'usage_large_day',
  condition: Sql = sql`true`,
): Promise<number> {
  const some = sql`SELECT ctid FROM ${raw(queue)} WHERE ${condition} LIMIT ${daysAtOnce} FOR UPDATE SKIP LOCKED`
  const { rows } = await tx.query<{ any: boolean }>(
    sql`SELECT EXISTS (SELECT FROM ${raw(queue)} WHERE ${condition}) AS any`,
  )
  if (!rows[0]?.any) return 0
  await tx.query(sql`CREATE TEMPORARY TABLE touched (LIKE usage_touched) ON COMMIT DROP`)
  const { rows: taken } = await tx.query<{ count: number }>(sql`
    WITH gone AS (DELETE FROM ${raw(queue)} WHERE ctid = ANY (ARRAY(${some})) RETURNING *),
         kept AS (INSERT INTO touched SELECT DISTINCT * FROM gone)
    SELECT count(*)::int AS count FROM gone`)
  await tx.query(sql`ANALYZE touched`)
  return taken[0]?.count ?? 0
}
