import sql, { empty, raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/**
 * Takes days of SIMs whose use has changed out of their queue, into the temporary table `touched (account_id, iccid, day)`,
 * each once. They are forgotten with the transaction that judges them: one that fails takes them again.
 *
 * @param most how many at once; all without it.
 * @returns whether there are any.
 */
export async function takeTouched(tx: Db, queue: 'usage_touched' | 'usage_large_day', most?: number): Promise<boolean> {
  const table = raw(queue)
  const { rows } = await tx.query<{ any: boolean }>(sql`SELECT EXISTS (SELECT FROM ${table}) AS any`)
  if (!rows[0]?.any) return false
  await tx.query(sql`CREATE TEMPORARY TABLE touched (LIKE usage_touched) ON COMMIT DROP`)
  const some = most === undefined ? empty : sql`WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} LIMIT ${most}))`
  await tx.query(sql`
    WITH gone AS (DELETE FROM ${table} ${some} RETURNING *) INSERT INTO touched SELECT DISTINCT * FROM gone`)
  await tx.query(sql`ANALYZE touched`)
  return true
}
