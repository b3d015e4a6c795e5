import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

/** Folds the differences that ingest and changes of markers appended into the sums. */
export const foldUsage: PeriodicJob = {
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
  },
}
