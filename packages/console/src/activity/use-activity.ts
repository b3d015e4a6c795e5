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

/** Something in the list of activity: an event, or what was done to many devices by one call. */
export type Happened = { id: string; createdAt: string } & (
  | { kind: 'event'; event: Event }
  | { kind: 'batch'; batch: Batch }
  | { kind: 'job'; job: Job }
)

/** Types of events that batches and jobs cause by the thousand. */
const isOfMany = {
  batch: (type: string | undefined) => type === undefined || type === 'notification.',
  job: (type: string | undefined) => type === undefined || type === 'device.',
}

/** What happened, newest first: the events of batches and jobs are left out, and each of these is there once. */
export function useActivity(filters: ActivityFilters): PagedList<Happened> {
  const { type, actor, subject } = filters
  const isWhole = useCan()('fleet:read', 'account')
  const isAbout = subject !== undefined
  // Who may not see the batches sees what they did.
  const hasBatches = isWhole && !isAbout && isOfMany.batch(type)
  const hasJobs = isWhole && !isAbout && isOfMany.job(type)
  const events = useNewestFirst(
    listEvents,
    { ...filters, ...((hasBatches || hasJobs) && { single: true }) },
    endOfEvents,
  )
  const batches = useNewestFirst(listBatches, {}, endOfIds, { isAllowed: hasBatches })
  const jobs = useNewestFirst(listJobs, {}, endOfIds, { isAllowed: hasJobs })
  const all = merged<Happened>([
    as(events, (event): Happened => ({ id: event.id, createdAt: event.time, kind: 'event', event })),
    ...(hasBatches ? [as(batches, (batch): Happened => ({ ...dated(batch), kind: 'batch', batch }))] : []),
    ...(hasJobs ? [as(jobs, (job): Happened => ({ ...dated(job), kind: 'job', job }))] : []),
  ])
  return actor === undefined ? all : { ...all, items: all.items.filter((happened) => isBy(happened, actor)) }
}

const dated = ({ id, createdAt }: { id: string; createdAt: string }) => ({ id, createdAt })

/** Events are filtered by the server. */
function isBy(happened: Happened, actor: string): boolean {
  if (happened.kind === 'event') return true
  const { createdBy } = happened.kind === 'batch' ? happened.batch : happened.job
  return createdBy?.id === actor
}
