import { Button } from '@mantine/core'
import { listSchedules } from '@mason/contract/schedule'
import { CalendarClock, Plus } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { ScheduleRow } from './schedule-row.tsx'

/** What is done again and again at set times. */
export function SchedulesPage() {
  const can = useCan()
  const [isCreating, setIsCreating] = useState(false)
  const list = useNewestFirst(listSchedules, {}, endOfIds)
  return (
    <Page
      title="Schedules"
      about="Commands and exports that run at the times you set."
      actions={
        can('fleet:manager') && (
          <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
            New schedule
          </Button>
        )
      }
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<CalendarClock size={22} />} title="No schedules yet">
            Create one to restart devices every night, or to export usage every month.
          </Empty>
        }
      >
        {(schedule) => <ScheduleRow key={schedule.id} schedule={schedule} />}
      </ListPanel>
      {isCreating && <ScheduleDialog onClose={() => setIsCreating(false)} />}
    </Page>
  )
}
