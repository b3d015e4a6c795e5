import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { differencesAtOnce } from '../../core/jobs/portion.ts'

/** Folds the differences that ingest and changes of markers appended into the sums. */
export const foldUsage: PeriodicJob = {
  name: 'fold-usage',
  everyMs: 1_000,
  run: async (tx) => {
    const { rows } = await tx.query<{ folded: number }>(sql`
      WITH folded AS (DELETE FROM usage_sum_difference WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM usage_sum_difference LIMIT ${differencesAtOnce})) RETURNING *),
      written AS (
        INSERT INTO usage_sum AS s
        SELECT account_id, key, value, day, sum(upload), sum(download) FROM folded
        GROUP BY account_id, key, value, day ORDER BY account_id, key, value, day
        ON CONFLICT (account_id, key, value, day)
        DO UPDATE SET upload = s.upload + excluded.upload, download = s.download + excluded.download)
      SELECT count(*)::int AS folded FROM folded`)
    return rows[0]?.folded === differencesAtOnce
  },
}
