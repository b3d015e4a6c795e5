import { type BulkDeviceChange, type BulkDevices, bulkScopes } from '@mason/contract/job'
import type { PlainTarget } from '@mason/contract/target'
import { NIL } from 'uuid'
import { type Actor, requireScope } from '../../core/actor.ts'
import { type JobKey, type Outcome, startJob, type Work } from '../../core/bulk/job.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { requireGroup } from '../group/service.ts'
import { type Changed, changeDevices, type Reset } from './change.ts'
import { countDevices, findDevices, knownTotal, requireTarget } from './target.ts'

/** Begins to change the devices of a target, or says how many there are. */
export async function bulk(
  db: Db,
  task: Task<JobKey>,
  actor: Actor,
  { target: named, change, dryRun = false, expect }: BulkDevices,
): Promise<string> {
  for (const scope of bulkScopes(change)) requireScope(actor, scope)
  const target = await requireTarget(db, actor, named)
  if (change.group !== undefined) await requireGroup(db, actor, change.group)
  const total = await knownTotal(db, actor, target)
  const job = { kind: 'device.bulk', target, change, total, dryRun, expect, noun: 'device' } as const
  return startJob(db, actor, task, job, async () => total ?? countDevices(db, actor, target))
}

/** How the devices of a target are changed. */
export const bulkWork = (reset: Reset): Work<PlainTarget, BulkDeviceChange> => ({
  kind: 'device.bulk',
  find: (db, reach, target, stretch) => findDevices(db, reach, target, { ...stretch, after: stretch.after || NIL }),
  count: countDevices,
  change: async (tx, { id, author, change }, items) => {
    const ids = items.flatMap(({ subject }) => subject ?? [])
    const changes = new Map(ids.map((device) => [device, change]))
    const changed = await changeDevices(tx, author, changes, { reset, job: id, skipLocked: true })
    return items.map(({ subject }) => outcomeOf(changed, subject ?? ''))
  },
})

export function outcomeOf(changed: Changed, id: string): Outcome {
  const outcome = changed.get(id)
  if (outcome instanceof AppError) return { reason: outcome.message, subject: id }
  return outcome === 'done' ? 'done' : 'later'
}
