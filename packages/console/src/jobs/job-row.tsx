import { Progress } from '@mantine/core'
import type { Job } from '@mason/contract/job'
import { Link } from '@tanstack/react-router'
import { ListTodo } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { ListRow } from '../ui/list.tsx'
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
      end={isOver(job) ? <Status tone={jobTones[state]}>{state}</Status> : <JobProgress job={job} />}
    />
  )
}

export function JobProgress({ job: { total, done, failedTotal }, isWide = false }: { job: Job; isWide?: boolean }) {
  const share = total === 0 ? 0 : (100 * (done + failedTotal)) / total
  return <Progress w={isWide ? '100%' : 110} value={share} aria-label="Progress" />
}
