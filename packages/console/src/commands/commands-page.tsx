import { Group, Select } from '@mantine/core'
import {
  listNotifications,
  type NotificationState,
  type NotificationType,
  notificationStates,
} from '@mason/contract/notification'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { endOfIds, useNewestFirst } from '../api/newest-first.ts'
import { Endless } from '../ui/endless.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { commandKinds } from './catalogue.ts'
import { NotificationList } from './notification-list.tsx'

const route = getRouteApi('/inside/commands')

/** Every command that was sent, newest first, with how far it has come. */
export function CommandsPage() {
  const { type, state } = route.useSearch()
  const navigate = useNavigate()
  const filterBy = (change: { type?: string | undefined; state?: string | undefined }) =>
    void navigate({
      to: '/commands',
      search: { ...(type && { type }), ...(state && { state }), ...change },
      replace: true,
    })
  const list = useNewestFirst(
    listNotifications,
    { ...(type && { type: type as NotificationType }), ...(state && { state: state as NotificationState }) },
    endOfIds,
  )
  return (
    <Page
      title="Commands"
      about="Commands that were sent to devices. A command has succeeded once its effect is seen."
      actions={
        <Group gap="xs">
          <Select
            aria-label="Command"
            placeholder="Any command"
            clearable
            w={170}
            data={commandKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
            value={type ?? null}
            onChange={(value) => filterBy({ type: value ?? undefined })}
          />
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            w={150}
            data={[...notificationStates]}
            value={state ?? null}
            onChange={(value) => filterBy({ state: value ?? undefined })}
          />
        </Group>
      }
    >
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<SquareTerminal size={22} />} title={type || state ? 'No such command' : 'No commands yet'}>
              Choose devices in the table, or open a device or a group, and press “Command”.
            </Empty>
          }
        >
          {(items) => <NotificationList notifications={items} />}
        </Endless>
      </Panel>
    </Page>
  )
}
