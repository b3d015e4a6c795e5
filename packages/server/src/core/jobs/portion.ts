import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** Rows that one transaction of a job changes: their locks are held for less than 200 ms. */
export const portion = 500

/** Differences that one transaction adds to their sums; it locks nothing that anybody else waits for. */
export const differencesAtOnce = 1_000

/**
 * Deletes rows of a table that meet a condition, as many as a portion holds.
 *
 * @returns whether there may be more.
 */
export async function deletePortion(tx: Db, table: string, condition: Sql): Promise<boolean> {
  const { rowCount } = await tx.query(sql`
    DELETE FROM ${raw(table)} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${raw(table)} AS t WHERE ${condition} LIMIT ${portion} FOR UPDATE SKIP LOCKED))`)
  return rowCount === portion
}

/** The same for several tables. @returns whether any of them may have more. */
export async function deletePortions(tx: Db, conditions: Record<string, Sql>): Promise<boolean> {
  let isMore = false
  for (const [table, condition] of Object.entries(conditions))
    isMore = (await deletePortion(tx, table, condition)) || isMore
  return isMore
}
