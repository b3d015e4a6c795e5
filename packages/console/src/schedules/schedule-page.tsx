import { Menu } from '@mantine/core'
import { deleteSchedule, getSchedule, type Schedule, updateSchedule } from '@mason/contract/schedule'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { nameOfActor } from '../activity/actor.tsx'
import { one, read } from '../api/client.ts'
import { isGone } from '../api/faults.ts'
import type { Send } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Facts } from '../ui/facts.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { cronInWords } from './cron-fields.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { ScheduleStatus } from './schedule-status.tsx'
import { actionInWords } from './words.ts'

const route = getRouteApi('/inside/schedules/$id')

/** One schedule: what it does, when, and how its last runs went. */
export function SchedulePage() {
  const { id } = route.useParams()
  const schedule = useQuery(read(getSchedule, { id }))
  const known = isGone(schedule.error) ? undefined : schedule.data && one(schedule.data)
  return (
    <Page
      title={known?.name ?? 'Schedule'}
      back={
        <Link to="/schedules">
          <ChevronLeft size={14} /> Schedules
        </Link>
      }
      actions={known && <ScheduleActions schedule={known} />}
    >
      <Panel>
        <QueryView query={schedule}>
          {(answer) => {
            const shown = one(answer)
            return (
              <Facts
                facts={[
                  ['State', <ScheduleStatus key="state" schedule={shown} />],
                  ['Action', actionInWords(shown.action)],
                  ['When', cronInWords(shown.cron) ?? <code key="cron">{shown.cron}</code>],
                  ['Time zone', shown.timezone],
                  ['Next run', shown.nextRunAt && <RelativeTime time={shown.nextRunAt} />],
                  ['Created', <RelativeTime key="created" time={shown.createdAt} />],
                  ['By', shown.createdBy && nameOfActor(shown.createdBy)],
                ]}
              />
            )
          }}
        </QueryView>
      </Panel>
      {known && (
        <Panel title="Last runs" isFlush>
          <Runs schedule={known} />
        </Panel>
      )}
    </Page>
  )
}

function Runs({ schedule: { runs } }: { schedule: Schedule }) {
  if (runs.length === 0) return <Empty title="Not run yet" />
  return (
    <List>
      {runs.map(({ dueAt, at, state, reason, batch }) => (
        <ListRow
          key={dueAt}
          title={
            batch === undefined ? (
              <RelativeTime time={at} />
            ) : (
              <Link to="/commands/batch/$id" params={{ id: batch }}>
                <RelativeTime time={at} />
              </Link>
            )
          }
          note={reason}
          end={<Status tone={state === 'failed' ? 'bad' : 'good'}>{state}</Status>}
        />
      ))}
    </List>
  )
}

function ScheduleActions({ schedule }: { schedule: Schedule }) {
  const { id, enabled } = schedule
  const can = useCan()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<'edit' | 'delete'>()
  const close = () => setOpen(undefined)
  if (!can('fleet:manager')) return null
  const remove = async (send: Send) => {
    await send(deleteSchedule, { id })
    void queryClient.invalidateQueries({ queryKey: ['listSchedules'] })
    await navigate({ to: '/schedules' })
  }
  return (
    <>
      <ActionButton
        variant="default"
        work={(send) => send(updateSchedule, { id, enabled: !enabled })}
        failure="Schedule not changed"
        renews={['getSchedule', 'listSchedules']}
      >
        {enabled ? 'Disable' : 'Enable'}
      </ActionButton>
      <MoreActions width={170}>
        <Menu.Item leftSection={<Pencil size={15} />} onClick={() => setOpen('edit')}>
          Edit
        </Menu.Item>
        <Menu.Item leftSection={<Trash2 size={15} />} c="var(--bad)" onClick={() => setOpen('delete')}>
          Delete
        </Menu.Item>
      </MoreActions>
      {open === 'edit' && <ScheduleDialog schedule={schedule} onClose={close} />}
      {open === 'delete' && (
        <Confirm title="Delete this schedule?" action="Delete schedule" onConfirm={remove} onClose={close}>
          It does not run again. Jobs that it started continue.
        </Confirm>
      )}
    </>
  )
}
