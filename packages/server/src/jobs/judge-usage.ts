import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from './periodic.ts'

/**
 * What looks at use that changed: the temporary table `touched (account_id, iccid, day)` names each day of a SIM once. It is
 * called in the transaction that forgets that they changed: what it throws makes it be called again.
 */
export type Judge = (tx: Db) => Promise<void>

/** Has the use that changed judged. Apart from folding: a judge that fails must not hold that up. */
export function judgeUsage(judges: readonly Judge[]): PeriodicJob {
  return {
    name: 'judge-usage',
    everyMs: 1_000,
    run: async (tx) => {
      const { rows } = await tx.query<{ any: boolean }>(sql`SELECT EXISTS (SELECT FROM usage_touched) AS any`)
      if (!rows[0]?.any) return
      await tx.query(sql`CREATE TEMPORARY TABLE touched (LIKE usage_touched) ON COMMIT DROP`)
      await tx.query(sql`
        WITH gone AS (DELETE FROM usage_touched RETURNING *) INSERT INTO touched SELECT DISTINCT * FROM gone`)
      await tx.query(sql`ANALYZE touched`)
      for (const judge of judges) await judge(tx)
    },
  }
}
