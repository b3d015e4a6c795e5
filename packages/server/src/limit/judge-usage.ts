import sql from 'sql-template-tag'
import type { PeriodicJob } from '../jobs/periodic.ts'
import { forgetBounds, judgeAnomalies } from './anomaly.ts'
import { judgePools } from './pool.ts'
import { judgeLimits, resumeOfLastMonth } from './sim-limit.ts'

/** A day of a SIM whose usage, or whose limit, has changed. */
export interface TouchedDay {
  account_id: string
  iccid: string
  day: string
}

const batch = 20_000

/**
 * Judges what has changed since the last look: limits of SIMs, days out of the ordinary, pools. What is taken off the list and
 * what comes of it commit together. Days to come stay on the list until they are there.
 */
export const judgeUsage: PeriodicJob = {
  name: 'judge-usage',
  everyMs: 10_000,
  run: async (tx) => {
    for (let taken = batch; taken === batch; ) {
      const { rows } = await tx.query<TouchedDay>(sql`
        DELETE FROM usage_touched
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage_touched WHERE day <= current_date LIMIT ${batch}))
        RETURNING account_id, iccid, day::text`)
      await judgeLimits(tx, rows)
      await judgeAnomalies(tx, rows)
      taken = rows.length
    }
    await judgePools(tx)
    await resumeOfLastMonth(tx)
    await forgetBounds(tx)
  },
}
