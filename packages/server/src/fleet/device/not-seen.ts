import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** So many are looked up before a page of them is read; of more, a page is soon met on the way through those that are offline. */
const maxMatches = 500

/**
 * A condition on devices, for a page in the order of ids: not seen since then. It must not sort all that match, nor read all
 * that do not.
 *
 * @param notSeen the condition as it is said of what is listed.
 */
export async function notSeenSince(db: Db, accountId: string, time: Date, notSeen: Sql): Promise<Sql> {
  if (!(await isBeforeAllHeard(db, time))) return notSeen
  const find = async (condition: Sql, most: number) => {
    const { rows } = await db.query<{ id: string }>(sql`
      SELECT device_id AS id FROM heartbeat
      WHERE account_id = ${accountId} AND silent_since < ${time} AND ${condition} LIMIT ${most}`)
    return rows.map(({ id }) => id)
  }
  const some = await find(sql`true`, maxMatches + 1)
  if (some.length <= maxMatches) return sql`id = ANY (${some}) AND ${notSeen}`
  const isAnyOnline = (await find(sql`online`, 1)).length > 0
  // The planner, which would take those that are offline for as lately seen as all, is not shown what is asked for.
  return isAnyOnline ? notSeen : sql`NOT online AND coalesce(${notSeen}, false)`
}

/** Whether every device that is not silent has been heard of since then. */
async function isBeforeAllHeard(db: Db, time: Date): Promise<boolean> {
  const { rows } = await db.query<{ heard: boolean }>(
    sql`SELECT EXISTS (SELECT FROM presence_sweep WHERE heard_since >= ${time}) AS heard`,
  )
  return rows[0]?.heard === true
}
