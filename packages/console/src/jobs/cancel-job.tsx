import { type BulkDeviceChange, bulkScopes, cancelJob, type Job } from '@mason/contract/job'
import type { Scope } from '@mason/contract/scopes'
import { useCan } from '../session/session.ts'
import { CancelButton } from '../ui/cancel-button.tsx'
import { isOver, progressOf, titleOf } from './kinds.ts'

/** Cancels what of a job is not done, while there is something and for whoever may. */
export function CancelJob({ job, isInRow = false }: { job: Job; isInRow?: boolean }) {
  const can = useCan()
  if (isOver(job) || !scopesOf(job).every((scope) => can(scope))) return undefined
  return (
    <CancelButton
      {...(isInRow ? { label: 'Cancel', of: titleOf(job) } : { label: 'Cancel the rest' })}
      title="Cancel the rest of this job?"
      action="Cancel the rest"
      cancel={(send) => send(cancelJob, { id: job.id })}
      renews={['getJob', 'listJobs']}
    >
      {progressOf(job)}. What was changed stays changed.
    </CancelButton>
  )
}

/** The scopes that canceling it needs. */
function scopesOf({ kind, change = {} }: Job): readonly Scope[] {
  if (kind === 'sim.bulk') return ['connect:admin']
  return kind === 'device.import' ? ['fleet:manager'] : bulkScopes(change as BulkDeviceChange)
}
