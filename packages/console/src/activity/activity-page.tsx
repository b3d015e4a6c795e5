import { listEvents } from '@mason/contract/event'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { ChoiceFilter, FilterBar } from '../ui/filter-bar.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { EventList } from './event-list.tsx'

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
  { value: 'key.', label: 'API keys' },
  { value: 'user.', label: 'Users' },
]

/** Everything that happened, newest first, live. */
export function ActivityPage() {
  const { type } = route.useSearch()
  const navigate = useNavigate()
  const list = useNewestFirst(listEvents, type ? { type } : {}, endOfEvents)
  return (
    <Page title="Activity" about="Everything that happens in your account, live.">
      <FilterBar>
        <ChoiceFilter
          label="Type of activity"
          any="Everything"
          choices={kinds}
          value={type}
          onChange={(value) => void navigate({ to: '/activity', search: value ? { type: value } : {}, replace: true })}
        />
      </FilterBar>
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<Activity size={22} />} title="No activity yet">
              Enrollments, commands and changes to groups, keys and users appear here.
            </Empty>
          }
        >
          {(items) => <EventList events={items} />}
        </Endless>
      </Panel>
    </Page>
  )
}
