import { Select } from '@mantine/core'
import { listEvents } from '@mason/contract/event'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { endOfEvents, useNewestFirst } from '../api/newest-first.ts'
import { Endless } from '../ui/endless.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { EventList } from './event-list.tsx'

const route = getRouteApi('/inside/activity')

const kinds = [
  { value: 'device.', label: 'Devices' },
  { value: 'device.enrolled', label: 'Devices that joined' },
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
    <Page
      title="Activity"
      about="Everything that changed in your account, as it happens."
      actions={
        <Select
          aria-label="Kind of activity"
          placeholder="Everything"
          clearable
          w={200}
          data={kinds}
          value={type ?? null}
          onChange={(value) => void navigate({ to: '/activity', search: value ? { type: value } : {}, replace: true })}
        />
      }
    >
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<Activity size={22} />} title="Nothing happened yet">
              Devices that join, commands, changes of groups and keys appear here.
            </Empty>
          }
        >
          {(items) => <EventList events={items} />}
        </Endless>
      </Panel>
    </Page>
  )
}
