import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion } from '../../core/jobs/portion.ts'

/** Forgets agents that have begun and never said who they are, and the last secrets of devices that are long gone. */
export const forgetArrivals: PeriodicJob = {
  name: 'forget-headwind-arrivals',
  everyMs: 60_000,
  run: async (tx) => {
    const isMore = await deletePortion(tx, 'headwind_arrival', sql`created_at < now() - interval '7 days'`)
    return (await deletePortion(tx, 'farewell', sql`created_at < now() - interval '30 days'`)) || isMore
  },
}
