import type { Event } from '@mason/contract/event'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { DeviceName } from '../device/device-name.tsx'
import { bytes } from '../ui/numbers.ts'

const simVerbs: Record<string, string> = {
  registered: 'was registered',
  state: 'changed its state',
  imei_lock: 'is in a device that its IMEI lock does not allow',
  limit: 'reached its data limit',
  anomaly: 'used far more data than usual',
}

/** What a carrier has done about a setting. */
const settingVerbs: Record<string, string> = {
  'dataLimit set': 'is kept to its data limit by its carrier',
  'dataLimit removed': 'is no longer kept to a data limit by its carrier',
  'dataLimit refused': 'is not kept to its data limit by its carrier',
  'imeiLock set': 'is kept to its IMEI lock by its carrier',
  'imeiLock removed': 'is no longer kept to an IMEI lock by its carrier',
  'imeiLock refused': 'is not kept to its IMEI lock by its carrier',
}

function simSentence({ data }: Event, verb: string): ReactNode {
  const { from, to, failed, reason } = data
  if (verb === 'setting') return settingVerbs[`${data.setting} ${data.outcome}`]
  if (verb === 'state' && failed === true)
    return `could not become ${String(to)}${reason === undefined ? '' : `: ${String(reason)}`}`
  if (verb === 'state' && typeof to === 'string') return `is now ${to}`
  if (verb === 'changed') return simChanges(data)
  if (verb !== 'device') return simVerbs[verb] ?? verb
  const device = (id: unknown) => <DeviceName id={String(id)} />
  if (to === undefined) return <>is no longer in {device(from)}</>
  if (from === undefined) return <>is now in {device(to)}</>
  return (
    <>
      moved from {device(from)} to {device(to)}
    </>
  )
}

/** What was set and removed of a SIM. */
function simChanges({
  name,
  dataLimit,
  imeiLock,
  markers = {},
  removed = [],
  removedMarkers = [],
}: Event['data']): string {
  const set = Object.entries(markers as Record<string, string>).map(([key, value]) => `${key}: ${value}`)
  const gone = removed as (keyof typeof simMembers)[]
  const lost = removedMarkers as string[]
  return listed([
    name !== undefined && `is now called “${String(name)}”`,
    dataLimit !== undefined && `has a data limit of ${bytes((dataLimit as { bytes: number }).bytes)}`,
    imeiLock !== undefined && `is locked to the IMEI ${String(imeiLock)}`,
    ...gone.map((member) => `lost its ${simMembers[member]}`),
    set.length > 0 && `was marked ${set.join(', ')}`,
    lost.length > 0 && `lost ${lost.length === 1 ? 'the marker' : 'the markers'} ${lost.join(', ')}`,
  ])
}

const simMembers = { name: 'name', dataLimit: 'data limit', imeiLock: 'IMEI lock' } as const

/** Several things that happened at once, as one. */
export const listed = (parts: readonly (string | false)[]) => parts.filter((part) => part !== false).join(' and ')

/** What happened to a SIM, as its event tells. */
export function ofSim(event: Event, verb: string): ReactNode {
  const { subject } = event
  return (
    <>
      SIM{' '}
      <Link to="/sims/$iccid" params={{ iccid: subject.id }}>
        {subject.id}
      </Link>{' '}
      {simSentence(event, verb)}
    </>
  )
}
