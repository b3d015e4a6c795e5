import type { Event } from '@mason/contract/event'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { DeviceName } from '../device/device-name.tsx'

/** A session of X-Ray that began or ended, as its event tells. */
export function ofXray({ data: { device, reason } }: Event, verb: string, hidesDevice: boolean): ReactNode {
  return (
    <>
      X-Ray session{' '}
      {!hidesDevice && (
        <>
          on <DeviceName id={String(device)} />{' '}
        </>
      )}
      {verb === 'opened' ? 'began' : 'ended'}
      {reason !== undefined && `: ${String(reason)}`}
    </>
  )
}

/** What became of a schedule, as its event tells. */
export function ofSchedule({ subject: { id, name = id.slice(-8) } }: Event, verb: string): ReactNode {
  return (
    <>
      Schedule{' '}
      {verb === 'deleted' ? (
        name
      ) : (
        <Link to="/schedules/$id" params={{ id }}>
          {name}
        </Link>
      )}{' '}
      was {verb === 'updated' ? 'changed' : verb}
    </>
  )
}
