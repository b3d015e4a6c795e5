import type { Schedule } from '@mason/contract/schedule'
import { Status } from '../ui/status.tsx'

/** How its last run went, in a word. */
export function ScheduleStatus({ schedule: { enabled, runs } }: { schedule: Schedule }) {
  if (!enabled) return <Status tone="idle">disabled</Status>
  return runs[0]?.state === 'failed' ? <Status tone="bad">failed</Status> : <Status tone="good">enabled</Status>
}
