import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion } from '../../core/jobs/portion.ts'

/** Forgets exports past their retention; their files are collected then. */
export const expireExports = (days: number): PeriodicJob => ({
  name: 'expire-exports',
  everyMs: hourMs,
  run: (tx) => deletePortion(tx, 'export', sql`finished_at < now() - make_interval(days => ${days})`),
})
