import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from './periodic.ts'

/**
 * What looks at use that changed: the temporary table `touched (account_id, iccid, day)` names each day of a SIM once. It is
 * called in the transaction that forgets that they changed: what it throws makes it be called again.
 */
export type Judge = (tx: Db) => Promise<void>

/** Folds the differences that ingest and changes of markers appended, and has what changed judged. */
export function foldUsage(judges: readonly Judge[]): PeriodicJob {
  return {
    name: 'fold-usage',
    everyMs: 1_000,
    run: async (tx) => {
      await tx.query(sql`
        WITH folded AS (DELETE FROM usage_sum_difference RETURNING *)
        INSERT INTO usage_sum AS s
        SELECT account_id, key, value, day, sum(upload), sum(download) FROM folded
        GROUP BY account_id, key, value, day ORDER BY account_id, key, value, day
        ON CONFLICT (account_id, key, value, day)
        DO UPDATE SET upload = s.upload + excluded.upload, download = s.download + excluded.download`)
      await judgeTouched(tx, judges)
    },
  }
}

async function judgeTouched(tx: Db, judges: readonly Judge[]): Promise<void> {
  const { rows } = await tx.query<{ any: boolean }>(sql`SELECT EXISTS (SELECT FROM usage_touched) AS any`)
  if (!rows[0]?.any) return
  await tx.query(sql`CREATE TEMPORARY TABLE touched (LIKE usage_touched) ON COMMIT DROP`)
  await tx.query(sql`
    WITH gone AS (DELETE FROM usage_touched RETURNING *) INSERT INTO touched SELECT DISTINCT * FROM gone`)
  await tx.query(sql`ANALYZE touched`)
  for (const judge of judges) await judge(tx)
}
