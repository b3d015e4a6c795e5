import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** So many are looked up before a page of them is read; of more, a page is soon met on the way through those that are offline. */
const maxMatches = 500

/**
 * A condition on `device`: not seen since then. presence_mark is never later than last_checkin, and of a device that is
 * offline it is the same.
 */
export const notSeenSince = (time: Date): Sql => sql`presence_mark < ${time} AND last_checkin < ${time}`

/** The same condition for a page in the order of ids, which must not sort all that match. */
export async function pageNotSeenSince(db: Db, accountId: string, time: Date): Promise<Sql> {
  const find = async (condition: Sql, most: number) => {
    const { rows } = await db.query<{ id: string }>(sql`
      SELECT id FROM device WHERE account_id = ${accountId} AND presence_mark < ${time} AND ${condition} LIMIT ${most}`)
    return rows.map(({ id }) => id)
  }
  const some = await find(sql`true`, maxMatches + 1)
  if (some.length <= maxMatches) return sql`id = ANY (${some}) AND last_checkin < ${time}`
  const isAnyOnline = (await find(sql`online AND last_checkin < ${time}`, 1)).length > 0
  // The planner, which would take those that are offline for as lately seen as all, is not shown what is asked for.
  return isAnyOnline ? notSeenSince(time) : sql`NOT online AND coalesce(last_checkin < ${time}, false)`
}
