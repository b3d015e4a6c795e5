import type { Event } from '@mason/contract/event'
import type { NotificationType } from '@mason/contract/notification'
import { Link } from '@tanstack/react-router'
import {
  Activity,
  BellRing,
  CardSim,
  CircleAlert,
  FolderInput,
  Gauge,
  KeyRound,
  Layers,
  type LucideIcon,
  Package,
  PackageX,
  Pencil,
  RadioTower,
  Rocket,
  TabletSmartphone,
  Tag,
  UserRound,
  Webhook,
  Wifi,
  WifiOff,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { kindOf } from '../commands/catalog.ts'
import { DeviceName } from '../device/device-name.tsx'
import type { Tone } from '../ui/status.tsx'
import { Built, Registered } from './software.tsx'

interface Description {
  icon: LucideIcon
  tone?: Tone
  sentence: ReactNode
}

/** What an event says, as a sentence. */
export function describe(event: Event, hidesDevice: boolean): Description {
  const [kind = '', verb = ''] = event.type.split('.')
  const known = descriptions[kind]
  if (known) return known(event, verb, hidesDevice)
  return { icon: Activity, sentence: `${event.type.replace('.', ' ')} ${event.subject.id}` }
}

const warned = { tone: 'warn' } as const

const descriptions: Record<string, (event: Event, verb: string, hidesDevice: boolean) => Description> = {
  device: ofDevice,
  notification: ofNotification,
  group: (event, verb) => ({ icon: Layers, sentence: ofGroup(event, verb) }),
  key: (event, verb) => ({ icon: KeyRound, sentence: `API key “${nameOf(event)}” ${verb}` }),
  user: (event, verb) => ({ icon: UserRound, sentence: `User ${nameOf(event)} ${verb}` }),
  sim: (event, verb) => ({
    icon: CardSim,
    ...(['anomaly', 'limit'].includes(verb) && warned),
    sentence: ofSim(event, verb),
  }),
  deployment: (event, verb) => ({
    icon: Rocket,
    ...(verb === 'paused' && warned),
    sentence: ofDeployment(event, verb),
  }),
  pool: ({ data }) => ({
    icon: Gauge,
    ...warned,
    sentence: `Data usage this month passed ${String(data.threshold)}% of the plan`,
  }),
  alert: (event, verb) => ({
    icon: BellRing,
    ...(verb === 'opened' && warned),
    ...(verb === 'resolved' && { tone: 'good' as const }),
    sentence: ofAlert(event, verb),
  }),
  carrier: (event, verb) => ({
    icon: RadioTower,
    ...(verb === 'error' && warned),
    ...(verb === 'recovered' && { tone: 'good' as const }),
    sentence: ofCarrier(event, verb),
  }),
  webhook: (event, verb) => ({
    icon: Webhook,
    ...(verb === 'disabled' && warned),
    sentence: ofWebhook(event, verb),
  }),
  subscription: () => ({ icon: Gauge, sentence: 'The subscription was changed' }),
  account: () => ({ icon: UserRound, sentence: 'The account’s settings were changed' }),
  artifact: (event) => ({ icon: Package, sentence: <Registered event={event} /> }),
  build: (event) => ({
    icon: Package,
    ...(event.data.state === 'FAILED' && warned),
    sentence: <Built event={event} />,
  }),
}

function ofAlert({ data }: Event, verb: string): ReactNode {
  if (verb === 'rule_changed') return `The alert rule “${String(data.name)}” was ${String(data.change)}`
  const { rule, about } = data as { rule?: { name: string }; about?: { kind: string; id: string; name?: string } }
  return (
    <>
      <Link to="/alerts" search={{ state: 'any' }}>
        Alert “{rule?.name}”
      </Link>{' '}
      about {about?.kind === 'device' ? <DeviceName id={about.id} /> : (about?.name ?? about?.kind)} {verb}
    </>
  )
}

/** What something was called, also when it has gone. */
const nameOf = ({ subject, data }: Event) => String(subject.name ?? data.name ?? subject.id.slice(-8))

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
  const { from, to } = data
  if (verb === 'setting') return settingVerbs[`${data.setting} ${data.outcome}`]
  if (verb === 'state' && data.failed === true) return `could not become ${to}`
  if (verb === 'state' && typeof to === 'string') return `is now ${to}`
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

function ofSim(event: Event, verb: string): ReactNode {
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

const carrierVerbs: Record<string, string> = {
  created: 'was connected',
  updated: 'was changed',
  deleted: 'was deleted',
  error: 'no longer works',
  recovered: 'works again',
  synced: 'was synced',
}

function ofCarrier({ subject: { id }, data }: Event, verb: string): ReactNode {
  const found =
    verb === 'synced' ? `${String(data.imported)} SIMs registered, ${String(data.corrected)} corrected` : data.error
  return (
    <>
      Carrier{' '}
      {verb === 'deleted' ? (
        id
      ) : (
        <Link to="/carriers/$name" params={{ name: id }}>
          {id}
        </Link>
      )}{' '}
      {carrierVerbs[verb] ?? verb}
      {found !== undefined && `: ${String(found)}`}
    </>
  )
}

const webhookVerbs: Record<string, string> = {
  updated: 'was changed',
  rotated: 'has a new secret',
  test: 'was tested',
}

function ofWebhook({ subject: { id }, data: { reason } }: Event, verb: string): ReactNode {
  const name = id.slice(-8)
  return (
    <>
      Webhook{' '}
      {verb === 'deleted' ? (
        name
      ) : (
        <Link to="/webhooks/$id" params={{ id }}>
          {name}
        </Link>
      )}{' '}
      {webhookVerbs[verb] ?? `was ${verb}`}
      {reason !== undefined && `: ${String(reason)}`}
    </>
  )
}

const deploymentVerbs: Record<string, string> = {
  created: 'started',
  step: 'reached its next step',
  paused: 'was paused',
  resumed: 'was resumed',
  finished: 'finished',
  canceled: 'was canceled',
}

function ofDeployment({ subject, data }: Event, verb: string): ReactNode {
  return (
    <>
      <Link to="/deployments/$id" params={{ id: subject.id }}>
        Roll-out of {String(data.name)} {String(data.version)}
      </Link>{' '}
      to {String(data.group ?? data.filter)} {deploymentVerbs[verb] ?? verb}
    </>
  )
}

function ofDevice(event: Event, verb: string, hidesDevice: boolean): Description {
  const { subject, data } = event
  const device = hidesDevice ? 'The device' : <DeviceName id={subject.id} />
  const group = (name: unknown) => (
    <Link to="/groups/$name" params={{ name: String(name) }}>
      {String(name)}
    </Link>
  )
  switch (verb) {
    case 'online':
      return { icon: Wifi, tone: 'good', sentence: <>{device} came online</> }
    case 'offline':
      return { icon: WifiOff, sentence: <>{device} went offline</> }
    case 'missed':
      return { icon: CircleAlert, tone: 'warn', sentence: <>{device} missed its check-ins</> }
    case 'enrolled':
      return { icon: TabletSmartphone, tone: 'accent', sentence: <>{device} enrolled</> }
    case 'reenrolled':
      return { icon: TabletSmartphone, tone: 'accent', sentence: <>{device} enrolled again</> }
    case 'report_fault':
      return { icon: CircleAlert, tone: 'warn', sentence: <>{device} sent a report that is partly invalid</> }
    case 'conflict':
      return { icon: CircleAlert, tone: 'warn', sentence: <>Two devices use the credential of {device}</> }
    case 'changed':
      return {
        icon: Tag,
        sentence: (
          <>
            {device} {changesOf(event)}
          </>
        ),
      }
    case 'renamed':
      return {
        icon: Pencil,
        sentence: (
          <>
            <Link to="/devices/$id" params={{ id: subject.id }}>
              “{String(data.from)}”
            </Link>{' '}
            was renamed to “{String(data.to)}”
          </>
        ),
      }
    case 'moved':
      return {
        icon: FolderInput,
        sentence: (
          <>
            {device} moved from {group(data.from)} to {group(data.to)}
          </>
        ),
      }
    case 'deprovisioned':
      return { icon: PackageX, tone: 'bad', sentence: `Device “${nameOf(event)}” was removed from the fleet` }
    default:
      return {
        icon: TabletSmartphone,
        sentence: (
          <>
            {device}: {verb}
          </>
        ),
      }
  }
}

/** What was done to the labels and notes of a device. */
function changesOf({ data: { labels = {}, removedLabels = [], notes } }: Event): string {
  const set = Object.entries(labels as Record<string, string>).map(([key, value]) => `${key}: ${value}`)
  const removed = removedLabels as string[]
  const parts = [
    set.length > 0 && `was labeled ${set.join(', ')}`,
    removed.length > 0 && `lost ${removed.length === 1 ? 'the label' : 'the labels'} ${removed.join(', ')}`,
    notes !== undefined && (notes === '' ? 'lost its notes' : 'has new notes'),
  ]
  return parts.filter((part) => part !== false).join(' and ')
}

const notificationTones: Record<string, Tone> = { succeeded: 'good', failed: 'bad', expired: 'warn', sent: 'accent' }

function ofNotification({ data }: Event, state: string, hidesDevice: boolean): Description {
  const { label, icon } = kindOf(String(data.type) as NotificationType)
  const tone = notificationTones[state]
  return {
    icon,
    ...(tone && { tone }),
    sentence: (
      <>
        {label}
        {!hidesDevice && (
          <>
            {' '}
            of <DeviceName id={String(data.device)} />
          </>
        )}{' '}
        {state}
        {data.reason !== undefined && ` (${String(data.reason).replaceAll('_', ' ')})`}
      </>
    ),
  }
}

function ofGroup({ subject }: Event, verb: string): ReactNode {
  if (verb === 'deleted') return `Group ${subject.id} deleted`
  return (
    <>
      Group{' '}
      <Link to="/groups/$name" params={{ name: subject.id }}>
        {subject.id}
      </Link>{' '}
      {verb}
    </>
  )
}
