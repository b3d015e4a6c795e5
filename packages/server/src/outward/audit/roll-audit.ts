import { dayMs, hourMs } from '@mason/contract/time'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion } from '../../core/jobs/portion.ts'
import { rollDays } from '../../core/jobs/roll-days.ts'

/** As for events: a list takes longer to plan over more of them. */
const mostPartitions = 90

/** Entries are dropped with their days; the chain remembers the last one that was. */
export const rollAudit = (keptDays: number): PeriodicJob =>
  rollDays('roll-audit', {
    name: 'audit_entry',
    key: 'time',
    time: 'time',
    keptDays,
    daysEach: Math.ceil(keptDays / mostPartitions),
    bounds: async (_tx, start, end) => ({ from: midnight(start), to: midnight(end) }),
    isDropping: rememberLast,
  })

const midnight = (day: number) => new Date(day * dayMs).toISOString()

/** The chain continues from the last entry that goes, of each account. */
async function rememberLast(tx: Db, partition: string, isPast: Sql): Promise<void> {
  await tx.query(sql`
    UPDATE audit_chain AS c SET dropped_number = last.number, dropped_hash = last.hash
    FROM audit_chain AS of CROSS JOIN LATERAL (
      SELECT number, hash FROM ${raw(partition)} AS e
      WHERE e.account_id = of.account_id AND e.number > of.dropped_number AND ${isPast} ORDER BY e.id DESC LIMIT 1) AS last
    WHERE c.account_id = of.account_id`)
}

/** Forgets what nothing in the trail refers to any more. */
export const forgetIdentities = (keptDays: number): PeriodicJob => ({
  name: 'forget-audit-identities',
  everyMs: hourMs,
  waitsForBackup: true,
  // Partitions of several days go a little later.
  run: (tx) => deletePortion(tx, 'audit_identity', sql`used_on < utc_day(now()) - ${keptDays + 7}::int`),
})
