import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** No more are counted, so that a look costs the same however many wait. */
const most = 10_000

/** How many jobs are due that nobody works on, in the database and so on all nodes; 10,000 stands for as many or more. */
export async function queueDepth(db: Db): Promise<number> {
  const { rows } = await db.query<{ depth: number }>(sql`
    SELECT count(*) AS depth FROM (
      SELECT FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now() LIMIT ${most}) AS waiting`)
  return rows[0]?.depth ?? 0
}
