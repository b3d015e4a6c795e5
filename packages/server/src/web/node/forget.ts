import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/** Takes nodes off the list that went down a day ago. */
export const forgetNodes: PeriodicJob = {
  name: 'forget-nodes',
  everyMs: 60_000,
  run: async (tx) => {
    const { rowCount } = await tx.query(sql`
      DELETE FROM node
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM node WHERE seen_at < now() - interval '1 day' LIMIT ${portion}))`)
    return rowCount === portion
  },
}
