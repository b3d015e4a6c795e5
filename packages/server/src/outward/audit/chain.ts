import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/**
 * Chains entries behind the changes that they tell of, which so never wait for each other: in the order of their ids, once
 * nothing can come between any more.
 */
export const chainAudit: PeriodicJob = {
  name: 'chain-audit',
  everyMs: 1_000,
  run: async (tx) => {
    const { rows } = await tx.query<{ chained: number }>(sql`SELECT chain_audit(${portion}) AS chained`)
    return rows[0]?.chained === portion
  },
}
