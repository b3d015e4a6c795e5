import { listEvents } from '@mason/contract/event'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { EventList } from '../activity/event-list.tsx'
import { read } from '../api/client.ts'
import { endOfEvents } from '../api/list-ends.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './overview.module.css'

/** What happened last, and what happens. */
export function RecentActivity() {
  const events = useQuery(read(listEvents, { limit: 8, before: endOfEvents }))
  return (
    <Panel title="Recent activity" actions={<Link to="/activity">All activity</Link>} className={classes.whole} isFlush>
      <QueryView query={events}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty icon={<Activity size={20} />} title="No activity yet" />
          ) : (
            <EventList events={data.toReversed()} />
          )
        }
      </QueryView>
    </Panel>
  )
}
