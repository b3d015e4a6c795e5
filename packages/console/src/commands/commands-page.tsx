import {
  type Batch,
  listBatches,
  listNotifications,
  type Notification,
  type NotificationState,
  type NotificationType,
  notificationStates,
} from '@mason/contract/notification'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { type PagedList, useNewestFirst } from '../api/lists.ts'
import { BatchRow } from '../jobs/batch-row.tsx'
import { as, merged } from '../jobs/merged.ts'
import { useCan } from '../session/session.ts'
import { ChoiceFilter, FilterBar, withFilter } from '../ui/filter-bar.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { commandKinds } from './catalog.ts'
import { NotificationRow } from './notification-list.tsx'

const route = getRouteApi('/inside/commands')

/** Every command that was sent, newest first, with how far it has come; one that was sent to many is one row. */
export function CommandsPage() {
  const filters = route.useSearch()
  const { type, state } = filters
  const navigate = useNavigate()
  const filterBy = (name: keyof typeof filters) => (value: string) =>
    void navigate({ to: '/commands', search: withFilter(filters, name, value), replace: true })
  const list = useCommands(filters)
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
      <ListPanel
        list={list}
        empty={
          <Empty icon={<SquareTerminal size={22} />} title={type || state ? 'No matching commands' : 'No commands yet'}>
            Select devices in the table, or open a device or a group, and choose “Command”.
          </Empty>
        }
      >
        {(sent) =>
          'batch' in sent ? (
            <BatchRow key={sent.id} batch={sent.batch} />
          ) : (
            <NotificationRow key={sent.id} notification={sent.notification} />
          )
        }
      </ListPanel>
    </Page>
  )
}

type Sent = { id: string; createdAt: string } & ({ notification: Notification } | { batch: Batch })

/** Commands, where a batch is one row. Those of one type or state are listed one by one, for a batch has devices in several states. */
function useCommands({ type, state }: { type?: string; state?: string }): PagedList<Sent> {
  const isGrouped = useCan()('fleet:read', 'account') && !type && !state
  const batches = useNewestFirst(listBatches, {}, endOfIds, { isAllowed: isGrouped })
  const notifications = useNewestFirst(
    listNotifications,
    {
      ...(isGrouped && { single: true }),
      ...(type && { type: type as NotificationType }),
      ...(state && { state: state as NotificationState }),
    },
    endOfIds,
  )
  const key = ({ id, createdAt }: { id: string; createdAt: string }) => ({ id, createdAt })
  return merged<Sent>([
    as(notifications, (notification) => ({ ...key(notification), notification })),
    ...(isGrouped ? [as(batches, (batch) => ({ ...key(batch), batch }))] : []),
  ])
}
