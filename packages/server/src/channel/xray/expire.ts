import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { deleteOld } from '../../core/jobs/delete-old.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion, portion } from '../../core/jobs/portion.ts'
import { endExpired } from './records.ts'

const minuteMs = 60_000

/** Ends the sessions of nodes that are gone, and forgets old sessions and tickets. */
export const expireXray = (days: number): PeriodicJob[] => [
  {
    name: 'end-lost-xray-sessions',
    everyMs: 3_000,
    run: async (tx) => (await endExpired(tx)) === portion,
  },
  {
    name: 'forget-xray-tickets',
    everyMs: minuteMs,
    run: (tx) => deletePortion(tx, 'xray_ticket', sql`expires_at < now()`),
  },
  {
    name: 'forget-xray-sessions',
    everyMs: hourMs,
    run: deleteOld({
      name: 'xray_session',
      keptDays: days,
      isPast: sql`t.ended_at < now() - make_interval(days => ${days})`,
    }),
  },
]
