import type { Event } from '@mason/contract/event'
import { Link } from '@tanstack/react-router'
import { useCan } from '../session/session.ts'
import { List, ListRow } from '../ui/list.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { Actor } from './actor.tsx'
import { describe } from './describe.tsx'

/** Events as sentences. */
export function EventList({ events, hidesDevice = false }: { events: readonly Event[]; hidesDevice?: boolean }) {
  return (
    <List>
      {events.map((event) => (
        <EventRow key={event.id} event={event} hidesDevice={hidesDevice} />
      ))}
    </List>
  )
}

interface EventRowProps {
  event: Event
  hidesDevice?: boolean
  /** Asks for what an actor did. */
  onActor?: (id: string) => void
}

export function EventRow({ event, hidesDevice = false, onActor }: EventRowProps) {
  const mayAudit = useCan()('audit:read')
  const { icon: Icon, tone, sentence } = describe(event, hidesDevice)
  return (
    <ListRow
      icon={<Icon size={16} />}
      {...(tone && { tone })}
      title={sentence}
      note={
        <>
          <RelativeTime time={event.time} /> <Actor event={event} onActor={onActor} />
          {mayAudit && isBySomebody(event) && (
            <>
              {' · '}
              <Link to="/audit" search={{ event: event.id }}>
                audit entry
              </Link>
            </>
          )}
        </>
      }
    />
  )
}

/** What devices and the platform do by themselves is in no audit trail. */
const isBySomebody = ({ actor: { kind } }: Event) => kind === 'key' || kind === 'user'
