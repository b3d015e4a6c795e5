import type { Schedule } from '@mason/contract/schedule'
import { Link } from '@tanstack/react-router'
import { CalendarClock } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { ListRow } from '../ui/list.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { ScheduleStatus } from './schedule-status.tsx'
import { actionInWords } from './words.ts'

/** A schedule in a list, with when it runs next. */
export function ScheduleRow({ schedule }: { schedule: Schedule }) {
  const { id, name, action, nextRunAt, createdBy } = schedule
  return (
    <ListRow
      icon={<CalendarClock size={16} />}
      title={
        <Link to="/schedules/$id" params={{ id }}>
          {name}
        </Link>
      }
      note={
        <>
          {actionInWords(action)}
          {createdBy && `, by ${nameOfActor(createdBy)}`}
          {nextRunAt && (
            <>
              , runs <RelativeTime time={nextRunAt} />
            </>
          )}
        </>
      }
      end={<ScheduleStatus schedule={schedule} />}
    />
  )
}
