import { Button } from '@mantine/core'
import { getJob, type Job } from '@mason/contract/job'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, Download } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { one, read } from '../api/client.ts'
import { count } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { CancelJob } from './cancel-job.tsx'
import { JobProgress } from './job-row.tsx'
import { isOver, jobTitles, jobTones, progressOf, wordsOf } from './kinds.ts'
import { RefusedTable } from './refused.tsx'

const route = getRouteApi('/inside/jobs/$id')

/** How a job comes along, what it refused and why. */
export function JobPage() {
  const { id } = route.useParams()
  const query = useQuery(read(getJob, { id }))
  const job = query.data && one(query.data)
  return (
    <Page
      title={job ? jobTitles[job.kind] : 'Job'}
      {...(job && { about: wordsOf(job) })}
      back={
        <Link to="/jobs">
          <ChevronLeft size={14} /> Jobs
        </Link>
      }
      actions={job && <CancelJob job={job} />}
    >
      <QueryView query={query}>
        {(answer) => {
          const shown = one(answer)
          return (
            <>
              <State job={shown} />
              {shown.failed.length > 0 && <Refused job={shown} />}
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}

function State({ job }: { job: Job }) {
  const { state, dryRun, createdBy, createdAt, ignoredColumns = [] } = job
  return (
    <Panel
      title={dryRun ? 'Dry run: nothing is changed' : 'Progress'}
      {...(createdBy && { note: `Started by ${nameOfActor(createdBy)}` })}
      actions={<Status tone={jobTones[state]}>{state}</Status>}
    >
      <p role="status" style={{ margin: '0 0 0.75rem' }}>
        {progressOf(job)}. Started <RelativeTime time={createdAt} />.
      </p>
      {!isOver(job) && <JobProgress job={job} isWide />}
      {ignoredColumns.length > 0 && <p data-text>Ignored columns: {ignoredColumns.join(', ')}.</p>}
    </Panel>
  )
}

function Refused({ job }: { job: Job }) {
  const { failed, failedTotal, rejectedUrl } = job
  const isAll = failed.length === failedTotal
  return (
    <Panel
      title="Refused"
      note={isAll ? count(failedTotal) : `the first ${count(failed.length)} of ${count(failedTotal)}`}
      isFlush
      actions={
        rejectedUrl && (
          <Button
            component="a"
            href={rejectedUrl}
            download
            size="xs"
            variant="default"
            leftSection={<Download size={14} />}
          >
            Download as CSV
          </Button>
        )
      }
    >
      <RefusedTable job={job} maxHeight={480} />
    </Panel>
  )
}
