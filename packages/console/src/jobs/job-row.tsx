import { Progress } from '@mantine/core'
import { listEvents } from '@mason/contract/event'
import type { Job } from '@mason/contract/job'
import { Link } from '@tanstack/react-router'
import { ListTodo } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { EventList } from '../activity/event-list.tsx'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { ListRow } from '../ui/list.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { isOver, jobTitles, jobTones, progressOf, wordsOf } from './kinds.ts'

/** A job in a list, with how far it is. */
export function JobRow({ job }: { job: Job }) {
  const { id, kind, state, dryRun, createdBy, createdAt } = job
  const words = wordsOf(job)
  return (
    <ListRow
      icon={<ListTodo size={16} />}
      title={
        <Link to="/jobs/$id" params={{ id }}>
          {jobTitles[kind]}
          {dryRun && ', dry run'}
          {words && `: ${words}`}
        </Link>
      }
      note={
        <>
          {progressOf(job)}
          {createdBy && `, by ${nameOfActor(createdBy)}`}, <RelativeTime time={createdAt} />
        </>
      }
      {...(hasEvents(job) && { parts: { name: 'devices', show: () => <JobDevices id={id} /> } })}
      end={isOver(job) ? <Status tone={jobTones[state]}>{state}</Status> : <JobProgress job={job} />}
    />
  )
}

/** What a job does to a device is an event; a dry run does nothing. */
const hasEvents = ({ kind, dryRun }: Job) => kind !== 'sim.bulk' && !dryRun

function JobDevices({ id }: { id: string }) {
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
