import type { Event } from '@mason/contract/event'
import { eventTypes } from '@mason/contract/event-types'
import { Activity } from 'lucide-react'
import { isValidElement, type ReactNode } from 'react'
import { expect, test } from 'vitest'
import { DeviceName } from '../device/device-name.tsx'
import { describe } from './describe.tsx'
import { Built, Registered } from './software.tsx'

const event = (type: string, id: string, data: Event['data'] = {}, name?: string): Event => ({
  id: '1',
  type,
  time: '2026-11-02T09:30:00.000Z',
  actor: { kind: 'system' },
  subject: { kind: type.split('.')[0] ?? '', id, ...(name !== undefined && { name }) },
  data,
})

/** A sentence as it is read, with `<id>` for the name of a device, which is looked up. */
function textOf(node: ReactNode): string {
  if (Array.isArray(node)) return node.map(textOf).join('')
  if (!isValidElement<{ children?: ReactNode; id?: string; event?: Event }>(node))
    return typeof node === 'string' || typeof node === 'number' ? String(node) : ''
  const { props, type } = node
  if (type === DeviceName) return `<${props.id}>`
  for (const sentence of [Registered, Built])
    if (type === sentence && props.event) return textOf(sentence({ event: props.event }))
  return textOf(props.children)
}

const sentenceOf = (told: Event, hidesDevice = false) => textOf(describe(told, hidesDevice).sentence)

test.each<[Event, string]>([
  [event('device.online', 'd1'), '<d1> came online'],
  [event('device.enrolled', 'd1'), '<d1> enrolled'],
  [event('device.conflict', 'd1'), 'Two devices use the credential of <d1>'],
  [event('device.renamed', 'd1', { from: 'a', to: 'b' }), '“a” was renamed to “b”'],
  [event('device.changed', 'd1', { labels: { store: '12' } }), '<d1> was labeled store: 12'],
  [
    event('device.changed', 'd1', { removedLabels: ['store'], notes: '' }),
    '<d1> lost the label store and lost its notes',
  ],
  [event('device.moved', 'd1', { from: 'docks', to: 'yards' }), '<d1> moved from docks to yards'],
  [event('device.deprovisioned', 'd1', { name: 'till-1' }), 'Device “till-1” was removed from the fleet'],
  [event('device.unheard_of', 'd1'), '<d1>: unheard_of'],
  [event('notification.succeeded', 'n1', { type: 'reboot', device: 'd1' }), 'Reboot of <d1> succeeded'],
  [
    event('notification.failed', 'n1', { type: 'wipe', device: 'd1', reason: 'not_seen' }),
    'Wipe of <d1> failed (not seen)',
  ],
  [event('group.created', 'docks'), 'Group docks created'],
  [event('group.deleted', 'docks'), 'Group docks deleted'],
  [event('key.deleted', 'k1', {}, 'night shift'), 'API key “night shift” deleted'],
  [event('user.invited', 'u1', {}, 'grace@example.com'), 'User grace@example.com invited'],
  [event('sim.state', '8988', { to: 'active' }), 'SIM 8988 is now active'],
  [
    event('sim.changed', '8988', {
      dataLimit: { bytes: 50_000_000 },
      markers: { site: 'pier' },
      removed: ['imeiLock'],
    }),
    'SIM 8988 has a data limit of 50.0 MB and lost its IMEI lock and was marked site: pier',
  ],
  [
    event('sim.state', '8988', { to: 'active', failed: true, reason: 'no plan' }),
    'SIM 8988 could not become active: no plan',
  ],
  [event('sim.limit', '8988'), 'SIM 8988 reached its data limit'],
  [
    event('sim.setting', '8988', { setting: 'imeiLock', outcome: 'set' }),
    'SIM 8988 is kept to its IMEI lock by its carrier',
  ],
  [event('sim.device', '8988', { to: 'd1' }), 'SIM 8988 is now in <d1>'],
  [event('sim.device', '8988', { from: 'd1' }), 'SIM 8988 is no longer in <d1>'],
  [event('sim.device', '8988', { from: 'd1', to: 'd2' }), 'SIM 8988 moved from <d1> to <d2>'],
  [
    event('deployment.paused', 'r1', { name: 'kiosk', version: '7', group: 'docks' }),
    'Roll-out of kiosk 7 to docks was paused',
  ],
  [event('webhook.created', '0198-12345678'), 'Webhook 12345678 was created'],
  [event('webhook.rotated', '0198-12345678'), 'Webhook 12345678 has a new secret'],
  [event('webhook.disabled', '0198-12345678', { reason: 'it failed' }), 'Webhook 12345678 was disabled: it failed'],
  [event('webhook.deleted', '0198-12345678'), 'Webhook 12345678 was deleted'],
  [event('pool.threshold', 'a1', { threshold: 80 }), 'Data usage this month passed 80% of the plan'],
  [event('artifact.registered', 'apk/com.example/41'), 'com.example 41 was registered'],
  [event('build.finished', 'kiosk/7', { state: 'FAILED' }), 'The build of kiosk 7 failed'],
  [event('build.finished', 'kiosk/7', { state: 'COMPLETED' }), 'The build of kiosk 7 succeeded'],
  [event('xray.opened', 'x1', { device: 'd1', reason: 'Ticket 1' }), 'X-Ray session on <d1> began: Ticket 1'],
  [
    event('xray.closed', 'x1', { device: 'd1', reason: 'the client left' }),
    'X-Ray session on <d1> ended: the client left',
  ],
  [event('schedule.updated', '0198-12345678'), 'Schedule 12345678 was changed'],
  [event('schedule.deleted', '0198-12345678'), 'Schedule 12345678 was deleted'],
  [event('weather.changed', 'w1'), 'weather changed w1'],
])('%o', (told, sentence) => {
  expect(sentenceOf(told)).toBe(sentence)
})

test('every type of event has its words', () => {
  // Of the audit trail, whose entries are on a page of their own.
  const told = Object.keys(eventTypes).filter((type) => !type.startsWith('audit.'))
  const wordless = told.filter((type) => describe(event(type, 'x', { type: 'reboot' }), false).icon === Activity)
  expect(wordless).toEqual([])
})

test('on the page of a device it is not named again', () => {
  expect(sentenceOf(event('device.offline', 'd1'), true)).toBe('The device went offline')
  expect(sentenceOf(event('notification.sent', 'n1', { type: 'reboot', device: 'd1' }), true)).toBe('Reboot sent')
})

test('what went wrong has another tone than what went well', () => {
  const toneOf = (type: string, data: Event['data'] = {}) => describe(event(type, 'x', data), false).tone
  expect(toneOf('device.missed')).toBe('warn')
  expect(toneOf('notification.failed', { type: 'reboot' })).toBe('bad')
  expect(toneOf('notification.succeeded', { type: 'reboot' })).toBe('good')
  expect(toneOf('sim.anomaly')).toBe('warn')
  expect(toneOf('sim.registered')).toBeUndefined()
  expect(toneOf('deployment.finished')).toBeUndefined()
})
