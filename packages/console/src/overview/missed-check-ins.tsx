import { listEvents } from '@mason/contract/event'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { EventList } from '../activity/event-list.tsx'
import { read } from '../api/client.ts'
import { endOfEvents } from '../api/list-ends.ts'
import { Panel } from '../ui/panel.tsx'
import classes from './overview.module.css'

/** Devices that fell silent; nothing where none did. */
export function MissedCheckIns() {
  const missed = useQuery(read(listEvents, { type: 'device.missed', limit: 5, before: endOfEvents }))
  if (!missed.data || missed.data.data.length === 0) return undefined
  return (
    <Panel
      title="Missed check-ins"
      actions={
        <Link to="/activity" search={{ type: 'device.missed' }}>
          View all
        </Link>
      }
      className={classes.whole}
      isFlush
    >
      <EventList events={missed.data.data.toReversed()} />
    </Panel>
  )
}
