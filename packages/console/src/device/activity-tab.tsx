import { listEvents } from '@mason/contract/event'
import { Activity } from 'lucide-react'
import { EventList } from '../activity/event-list.tsx'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'

/** Everything that happened to a device and its commands, newest first. */
export default function ActivityTab({ id }: { id: string }) {
  const list = useNewestFirst(listEvents, { device: id }, endOfEvents)
  return (
    <Panel isFlush>
      <Endless list={list} empty={<Empty icon={<Activity size={22} />} title="No activity yet" />}>
        {(events) => <EventList events={events} hidesDevice />}
      </Endless>
    </Panel>
  )
}
