import {
  listNotifications,
  type NotificationState,
  type NotificationType,
  notificationStates,
} from '@mason/contract/notification'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { ChoiceFilter, FilterBar, withFilter } from '../ui/filter-bar.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { commandKinds } from './catalog.ts'
import { NotificationList } from './notification-list.tsx'

const route = getRouteApi('/inside/commands')

/** Every command that was sent, newest first, with how far it has come. */
export function CommandsPage() {
  const filters = route.useSearch()
  const { type, state } = filters
  const navigate = useNavigate()
  const filterBy = (name: keyof typeof filters) => (value: string) =>
    void navigate({ to: '/commands', search: withFilter(filters, name, value), replace: true })
  const list = useNewestFirst(
    listNotifications,
    { ...(type && { type: type as NotificationType }), ...(state && { state: state as NotificationState }) },
    endOfIds,
  )
  return (
    <Page title="Commands" about="Commands sent to devices. A command succeeds once its effect is confirmed.">
      <FilterBar>
        <ChoiceFilter
          label="Command"
          any="Any command"
          choices={commandKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
          value={type}
          onChange={filterBy('type')}
        />
        <ChoiceFilter
          label="State"
          any="Any state"
          choices={notificationStates}
          value={state}
          onChange={filterBy('state')}
        />
      </FilterBar>
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty
              icon={<SquareTerminal size={22} />}
              title={type || state ? 'No matching commands' : 'No commands yet'}
            >
              Select devices in the table, or open a device or a group, and choose “Command”.
            </Empty>
          }
        >
          {(items) => <NotificationList notifications={items} />}
        </Endless>
      </Panel>
    </Page>
  )
}
