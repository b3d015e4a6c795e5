import { type Deployment, listDeployments } from '@mason/contract/deployment'
import { listExports } from '@mason/contract/export'
import { type Job, listJobs } from '@mason/contract/job'
import { type Batch, listBatches } from '@mason/contract/notification'
import { listSchedules, type Schedule } from '@mason/contract/schedule'
import { ListTodo } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { type PagedList, useNewestFirst } from '../api/lists.ts'
import { RollOutRow } from '../deployments/roll-out-row.tsx'
import { ExportRow, type OneExport } from '../exports/export-row.tsx'
import { ScheduleRow } from '../schedules/schedule-row.tsx'
import { useCan } from '../session/session.ts'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { BatchRow } from './batch-row.tsx'
import { JobRow } from './job-row.tsx'
import { as, merged } from './merged.ts'

type Work = { id: string; createdAt: string } & (
  | { kind: 'job'; job: Job }
  | { kind: 'batch'; batch: Batch }
  | { kind: 'deployment'; deployment: Deployment }
  | { kind: 'export'; item: OneExport }
  | { kind: 'schedule'; schedule: Schedule }
)

/** Everything that goes on in the background or has ended: changes, imports, commands to many, roll-outs and exports, and what happens at set times. */
export function JobsPage() {
  const list = useWork()
  return (
    <Page title="Jobs" about="Bulk changes, imports, commands to many devices, roll-outs, exports and schedules.">
      <ListPanel
        list={list}
        empty={
          <Empty icon={<ListTodo size={22} />} title="No jobs yet">
            Select devices or SIMs and change them, or import a file of devices.
          </Empty>
        }
      >
        {(work) => <Row key={work.id} work={work} />}
      </ListPanel>
    </Page>
  )
}

function useWork(): PagedList<Work> {
  const can = useCan()
  const [fleet, connect, deploy] = [can('fleet:read'), can('connect:read'), can('fleet:deploy')]
  const isWhole = can('fleet:read', 'account')
  const jobs = useNewestFirst(listJobs, {}, endOfIds)
  const exports = useNewestFirst(listExports, {}, endOfIds, { isAllowed: fleet || connect })
  const batches = useNewestFirst(listBatches, {}, endOfIds, { isAllowed: isWhole })
  const schedules = useNewestFirst(listSchedules, {}, endOfIds, { isAllowed: isWhole })
  const deployments = useNewestFirst(listDeployments, {}, endOfIds, { isAllowed: deploy })
  return merged<Work>([
    as(jobs, (job): Work => ({ ...key(job), kind: 'job', job })),
    as(exports, (item): Work => ({ ...key(item), kind: 'export', item })),
    ...(isWhole
      ? [
          as(batches, (batch): Work => ({ ...key(batch), kind: 'batch', batch })),
          as(schedules, (schedule): Work => ({ ...key(schedule), kind: 'schedule', schedule })),
        ]
      : []),
    ...(deploy
      ? [as(deployments, (deployment): Work => ({ ...key(deployment), kind: 'deployment', deployment }))]
      : []),
  ])
}

const key = ({ id, createdAt }: { id: string; createdAt: string }) => ({ id, createdAt })

function Row({ work }: { work: Work }) {
  switch (work.kind) {
    case 'job':
      return <JobRow job={work.job} />
    case 'batch':
      return <BatchRow batch={work.batch} />
    case 'deployment':
      return <RollOutRow deployment={work.deployment} />
    case 'export':
      return <ExportRow item={work.item} />
    case 'schedule':
      return <ScheduleRow schedule={work.schedule} />
  }
}
