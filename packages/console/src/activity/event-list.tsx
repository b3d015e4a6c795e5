import type { Event } from '@mason/contract/event'
import { List, ListRow } from '../ui/list.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { Actor } from './actor.tsx'
import { describe } from './describe.tsx'

/** Events as sentences. */
export function EventList({ events, hidesDevice = false }: { events: readonly Event[]; hidesDevice?: boolean }) {
  return (
    <List>
      {events.map((event) => {
        const { icon: Icon, tone, sentence } = describe(event, hidesDevice)
        return (
          <ListRow
            key={event.id}
            icon={<Icon size={16} />}
            {...(tone && { tone })}
            title={sentence}
            note={
              <>
                <RelativeTime time={event.time} /> <Actor event={event} />
              </>
            }
          />
        )
      })}
    </List>
  )
}
