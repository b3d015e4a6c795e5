import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { forgetBounds } from './anomaly.ts'
import { judgePools } from './pool.ts'
import { resumeOfLastMonth } from './sim-limit.ts'

/** What needs no record to become due: pools, whose allowance may change, and what a new month or day sets free. */
export const judgeMonth: PeriodicJob = {
  name: 'judge-month',
  everyMs: 10_000,
  run: async (tx) => {
    await judgePools(tx)
    const isMoreToResume = await resumeOfLastMonth(tx)
    const isMoreToForget = await forgetBounds(tx)
    return isMoreToResume || isMoreToForget
  },
}
