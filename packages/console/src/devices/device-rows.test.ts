import type { Event } from '@mason/contract/event'
import { expect, test } from 'vitest'
import { changed, type DeviceRow } from './device-rows.ts'

const time = '2026-11-02T09:30:00.000Z'
const row = (id: string): DeviceRow => ({
  id,
  self: `/v1/default/device/${id}`,
  name: id,
  serialnumber: `SN-${id}`,
  family: 'D450',
  kind: 'mason-linux',
  createdAt: time,
  lastcheckin: time,
  online: false,
  group: { name: 'docks', self: '/v1/default/group/docks' },
  status: { osUpdated: true, appsUpdated: true, projectUpdated: true },
})
const event = (type: string, id: string, data: Event['data'] = {}): Event => ({
  id: '1',
  type,
  time: '2026-11-02T10:00:00.000Z',
  actor: { kind: 'system' },
  subject: { kind: 'device', id },
  data,
})
const pages = [
  { rows: [row('a'), row('b')], next: 'b' },
  { rows: [row('c')], next: undefined },
]
const after = (...events: Event[]) =>
  changed(
    pages,
    Map.groupBy(events, ({ subject }) => subject.id),
  )

test('rows follow the events of their devices, in the order in which they came', () => {
  const [first] = after(
    event('device.renamed', 'a', { from: 'a', to: 'till-1' }),
    event('device.renamed', 'a', { from: 'till-1', to: 'till-2' }),
    event('device.online', 'a'),
    event('device.moved', 'b', { from: 'docks', to: 'yards' }),
  )
  expect(first?.rows).toMatchObject([
    { id: 'a', name: 'till-2', online: true, lastcheckin: '2026-11-02T10:00:00.000Z' },
    { id: 'b', name: 'b', online: false, group: { name: 'yards' } },
  ])
})

test('a device that has gone leaves its page, whatever is said of it later', () => {
  const [first, second] = after(event('device.deprovisioned', 'b'), event('device.online', 'b'))
  expect(first?.rows.map(({ id }) => id)).toEqual(['a'])
  expect(first?.next).toBe('b')
  expect(second?.rows.map(({ id }) => id)).toEqual(['c'])
})

test('what does not change stays the same object, so that it is not drawn again', () => {
  const result = after(event('device.offline', 'c'), event('device.missed', 'a'))
  expect(result[0]?.rows[0]).toBe(pages[0]?.rows[0])
  expect(result[1]?.rows[0]).not.toBe(pages[1]?.rows[0])
  expect(after()[0]).toBe(pages[0])
})
