import sql from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

/** Folds the differences that changes appended into the counters. */
export const foldCounters: PeriodicJob = {
  name: 'fold-counters',
  everyMs: 5_000,
  run: async (db) => {
    await db.query(sql`
      WITH folded AS (DELETE FROM counter_difference RETURNING *),
           total AS (SELECT account_id, kind, key, sum(value) AS value FROM folded GROUP BY account_id, kind, key)
      INSERT INTO counter AS c (account_id, kind, key, value) SELECT * FROM total ORDER BY account_id, kind, key
      ON CONFLICT (account_id, kind, key) DO UPDATE SET value = c.value + excluded.value`)
    await db.query(sql`DELETE FROM counter WHERE value = 0`)
  },
}
