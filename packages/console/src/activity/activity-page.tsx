import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { RollOutRow } from '../deployments/roll-out-row.tsx'
import { BatchRow } from '../jobs/batch-row.tsx'
import { JobRow } from '../jobs/job-row.tsx'
import { ChoiceFilter, FilterBar, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { ActorFilter } from './actor-filter.tsx'
import { EventRow } from './event-list.tsx'
import { type ActivityFilters, type Happened, useActivity } from './use-activity.ts'

const route = getRouteApi('/inside/activity')

const kinds = [
  { value: 'device.', label: 'Devices' },
  { value: 'device.enrolled', label: 'Enrolled devices' },
  { value: 'device.missed', label: 'Missed check-ins' },
  { value: 'notification.', label: 'Commands' },
  { value: 'notification.failed', label: 'Failed commands' },
  { value: 'group.', label: 'Groups' },
  { value: 'sim.', label: 'SIMs' },
  { value: 'deployment.', label: 'Roll-outs' },
  { value: 'deployment.paused', label: 'Paused roll-outs' },
  { value: 'key.', label: 'API keys' },
  { value: 'user.', label: 'Users' },
]

/** Everything that happened, newest first, live; what was done to many is one row. */
export function ActivityPage() {
  const filters: ActivityFilters = route.useSearch()
  const navigate = useNavigate()
  const show = (search: ActivityFilters) => void navigate({ to: '/activity', search, replace: true })
  const set = (name: keyof ActivityFilters) => (value: string | null) => show(withFilter(filters, name, value))
  const byActor = (actor: string) => show({ ...filters, actor })
  const list = useActivity(filters)
  return (
    <Page title="Activity" about="Everything that happens in your account, live.">
      <FilterBar>
        <ChoiceFilter
          label="Type of activity"
          any="Everything"
          choices={kinds}
          value={filters.type}
          onChange={set('type')}
        />
        <TextFilter
          label="What it is about"
          placeholder="Id, group or ICCID"
          value={filters.subject}
          onChange={set('subject')}
        />
        <ActorFilter value={filters.actor} onChange={set('actor')} />
      </FilterBar>
      <ListPanel
        list={list}
        empty={
          <Empty
            icon={<Activity size={22} />}
            title={Object.keys(filters).length > 0 ? 'No matching activity' : 'No activity yet'}
          >
            Enrollments, commands and changes to groups, keys and users appear here.
          </Empty>
        }
      >
        {(happened) => <Row key={happened.id} happened={happened} onActor={byActor} />}
      </ListPanel>
    </Page>
  )
}

function Row({ happened, onActor }: { happened: Happened; onActor: (id: string) => void }) {
  switch (happened.kind) {
    case 'event':
      return <EventRow event={happened.event} onActor={onActor} />
    case 'batch':
      return <BatchRow batch={happened.batch} />
    case 'job':
      return <JobRow job={happened.job} />
    case 'deployment':
      return <RollOutRow deployment={happened.deployment} />
  }
}
