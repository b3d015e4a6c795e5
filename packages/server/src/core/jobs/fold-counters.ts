import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'
import { differencesAtOnce } from './portion.ts'

/** Folds the differences that changes appended into the counters. */
export const foldCounters: PeriodicJob = {
  name: 'fold-counters',
  everyMs: 5_000,
  run: async (tx) => {
    const { rows } = await tx.query<{ folded: number }>(sql`
      WITH folded AS (DELETE FROM counter_difference WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM counter_difference LIMIT ${differencesAtOnce})) RETURNING *),
      total AS (SELECT account_id, kind, key, sum(value) AS value FROM folded GROUP BY account_id, kind, key),
      written AS (
        INSERT INTO counter AS c (account_id, kind, key, value) SELECT * FROM total ORDER BY account_id, kind, key
        ON CONFLICT (account_id, kind, key) DO UPDATE SET value = c.value + excluded.value)
      SELECT count(*)::int AS folded FROM folded`)
    await tx.query(sql`DELETE FROM counter WHERE value = 0`)
    return rows[0]?.folded === differencesAtOnce
  },
}
