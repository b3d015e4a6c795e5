import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from './db/database.ts'
import { inGroups, type Reach, withinTable } from './reach.ts'

/** Rows of a table within a reach: what stands in FROM under the table's name, and a condition on it that begins with AND. */
export interface RowsWithin {
  from: Sql
  condition: Sql
  /** Whether there are so few of them that all may be looked at. */
  areFew: boolean
}

/** So many devices may be looked at for a page, when no index has their groups and what they are looked for by together. */
export const few = 10_000

/**
 * The rows of `device` or `sim` within a reach. Of small groups they are read by the group, whatever else is asked of them: an
 * index of something else would be read past all that are not of them.
 */
export async function rowsWithin(db: Db, reach: Reach, table: 'device' | 'sim'): Promise<RowsWithin> {
  const { accountId, groups } = reach
  const areFew = groups !== undefined && (await countOf(db, accountId, groups)) <= few
  const condition = withinTable(reach, table)
  if (!areFew) return { from: raw(table), condition, areFew }
  const devices = sql`device AS own WHERE own.account_id = ${accountId} ${inGroups(reach, sql`own.group_name`)}`
  // OFFSET 0 has them read first.
  const rows =
    table === 'device'
      ? sql`SELECT * FROM ${devices} OFFSET 0`
      : sql`SELECT card.* FROM (SELECT own.id FROM ${devices} OFFSET 0) AS own CROSS JOIN LATERAL (
              SELECT * FROM sim AS s WHERE s.account_id = ${accountId} AND s.device_id = own.id OFFSET 0) AS card`
  return { from: sql`(${rows}) AS ${raw(table)}`, condition, areFew }
}

/** How many devices these groups have, from the counts that every change of a device keeps up. */
async function countOf(db: Db, accountId: string, groups: readonly string[]): Promise<number> {
  const { rows } = await db.query<{ devices: number }>(sql`
    SELECT coalesce(sum(value), 0)::float8 AS devices FROM counter_total
    WHERE account_id = ${accountId} AND kind = 'group' AND key = ANY (${groups}::text[])`)
  return rows[0]?.devices ?? 0
}
