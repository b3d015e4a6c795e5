import { Progress } from '@mantine/core'
import { listEvents } from '@mason/contract/event'
import type { Job } from '@mason/contract/job'
import { Link } from '@tanstack/react-router'
import { ListTodo } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { EventList } from '../activity/event-list.tsx'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { Endless } from '../ui/endless.tsx'
import { ListRow } from '../ui/list.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { CancelJob } from './cancel-job.tsx'
import { isOver, jobTones, progressOf, titleOf } from './kinds.ts'

/** A job in a list, with how far it is. */
export function JobRow({ job }: { job: Job }) {
  const maySeeEvents = useCan()('fleet:read')
  const { id, kind, state, dryRun, createdBy, createdAt } = job
  return (
    <ListRow
      icon={<ListTodo size={16} />}
      title={
        <Link to="/jobs/$id" params={{ id }}>
          {titleOf(job)}
        </Link>
      }
      note={
        <>
          {progressOf(job)}
          {createdBy && `, by ${nameOfActor(createdBy)}`}, <RelativeTime time={createdAt} />
        </>
      }
      {...(!dryRun &&
        maySeeEvents && {
          parts: { name: kind === 'sim.bulk' ? 'SIMs' : 'devices', show: () => <JobEvents id={id} /> },
        })}
      end={
        isOver(job) ? (
          <Status tone={jobTones[state]}>{state}</Status>
        ) : (
          <>
            <JobProgress job={job} />
            <CancelJob job={job} isInRow />
          </>
        )
      }
    />
  )
}

/** What a job did to each device or SIM; a dry run does nothing. */
function JobEvents({ id }: { id: string }) {
  const list = useNewestFirst(listEvents, { job: id }, endOfEvents)
  return (
    <Endless list={list} empty={<Empty title="Nothing was changed yet" />}>
      {(events) => <EventList events={events} />}
    </Endless>
  )
}

export function JobProgress({ job: { total, done, failedTotal }, isWide = false }: { job: Job; isWide?: boolean }) {
  const share = total === 0 ? 0 : (100 * (done + failedTotal)) / total
  return <Progress w={isWide ? '100%' : 110} value={share} aria-label="Progress" />
}
