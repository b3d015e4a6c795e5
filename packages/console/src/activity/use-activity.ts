import { type Deployment, listDeployments } from '@mason/contract/deployment'
import { type Event, listEvents } from '@mason/contract/event'
import { type Job, listJobs } from '@mason/contract/job'
import { type Batch, listBatches } from '@mason/contract/notification'
import { endOfEvents, endOfIds } from '../api/list-ends.ts'
import { type PagedList, useNewestFirst } from '../api/lists.ts'
import { as, merged } from '../jobs/merged.ts'
import { useCan } from '../session/session.ts'

export interface ActivityFilters {
  type?: string
  actor?: string
  subject?: string
}

/** Something in the list of activity: an event, or what was done to many devices or SIMs by one call. */
export type Happened = { id: string; createdAt: string } & (
  | { kind: 'event'; event: Event }
  | { kind: 'batch'; batch: Batch }
  | { kind: 'job'; job: Job }
  | { kind: 'deployment'; deployment: Deployment }
)

/**
 * What happened, newest first. Each batch, job and roll-out is there once, and its events are left out; whoever may not see it sees
 * the events.
 */
export function useActivity(filters: ActivityFilters): PagedList<Happened> {
  const { type, subject } = filters
  const can = useCan()
  /** Whether what has events of these kinds is one row. */
  const isOne = (...kinds: string[]) => subject === undefined && (type === undefined || kinds.includes(type))
  const isWhole = can('fleet:read', 'account')
  const hasBatches = isWhole && isOne('notification.')
  const hasJobs = isWhole && isOne('device.', ...(can('connect:read') ? ['sim.'] : []))
  const hasDeployments = can('fleet:deploy') && isOne('deployment.')
  const isSingle = hasBatches || hasJobs
  const hasEvents = !(hasDeployments && type === 'deployment.')
  const wanted = { ...filters, ...(isSingle && { single: true }) }
  const events = useNewestFirst(listEvents, wanted, endOfEvents, { isAllowed: hasEvents })
  const batches = useNewestFirst(listBatches, {}, endOfIds, { isAllowed: hasBatches })
  const jobs = useNewestFirst(listJobs, {}, endOfIds, { isAllowed: hasJobs })
  const deployments = useNewestFirst(listDeployments, {}, endOfIds, { isAllowed: hasDeployments })
  const all = merged<Happened>([
    ...(hasEvents
      ? [as(events, (event): Happened => ({ id: event.id, createdAt: event.time, kind: 'event', event }))]
      : []),
    ...(hasBatches ? [as(batches, (batch): Happened => ({ ...dated(batch), kind: 'batch', batch }))] : []),
    ...(hasJobs ? [as(jobs, (job): Happened => ({ ...dated(job), kind: 'job', job }))] : []),
    ...(hasDeployments
      ? [as(deployments, (deployment): Happened => ({ ...dated(deployment), kind: 'deployment', deployment }))]
      : []),
  ])
  // Left out after the lists are one: each of them says how far back it was read.
  return { ...all, items: all.items.filter((happened) => isShown(happened, filters, hasDeployments)) }
}

const dated = ({ id, createdAt }: { id: string; createdAt: string }) => ({ id, createdAt })

/** Events are filtered by the server, but for those of roll-outs that have a row. */
function isShown(happened: Happened, { type, actor }: ActivityFilters, hasDeployments: boolean): boolean {
  switch (happened.kind) {
    case 'event':
      return !(hasDeployments && happened.event.subject.kind === 'deployment')
    case 'job':
      return isBy(happened.job, actor) && (type === undefined || happened.job.kind.startsWith(type))
    case 'batch':
      return isBy(happened.batch, actor)
    case 'deployment':
      return isBy(happened.deployment, actor)
  }
}

const isBy = ({ createdBy }: Pick<Job, 'createdBy'>, actor: string | undefined) =>
  actor === undefined || createdBy?.id === actor
