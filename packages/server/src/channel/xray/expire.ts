import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { deleteOld } from '../../core/jobs/delete-old.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion, portion } from '../../core/jobs/portion.ts'
import { endExpired } from './records.ts'

const minuteMs = 60_000

interface Kept {
  XRAY_DAYS: number
  XRAY_RECORDING_DAYS: number
}

/** Ends the sessions of nodes that are gone, and forgets old sessions and tickets. */
export const expireXray = ({ XRAY_DAYS, XRAY_RECORDING_DAYS }: Kept): PeriodicJob[] => [
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
      keptDays: XRAY_DAYS,
      isPast: sql`t.ended_at < now() - make_interval(days => ${XRAY_DAYS})`,
    }),
  },
  ...['xray_recording_part', 'xray_recording'].map((name) => ({
    name: `forget-${name.replaceAll('_', '-')}s`,
    everyMs: hourMs,
    run: deleteOld({ name, keptDays: XRAY_RECORDING_DAYS, isPast: sql`true` }),
  })),
]
