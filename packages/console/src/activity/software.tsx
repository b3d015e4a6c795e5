import type { Event } from '@mason/contract/event'
import { Link } from '@tanstack/react-router'

/** An artifact that was registered, as its event tells. */
export function Registered({ event }: { event: Event }) {
  const [type = '', name = '', version = ''] = event.subject.id.split('/')
  return (
    <>
      <Link to="/artifacts/$type/$name" params={{ type, name }}>
        {name} {version}
      </Link>{' '}
      was registered
    </>
  )
}

/** A build that has come to its end, as its event tells. */
export function Built({ event }: { event: Event }) {
  const [name = '', version = ''] = event.subject.id.split('/')
  return (
    <>
      The build of{' '}
      <Link to="/projects/$name" params={{ name }}>
        {name} {version}
      </Link>{' '}
      {event.data.state === 'FAILED' ? 'failed' : 'succeeded'}
    </>
  )
}
