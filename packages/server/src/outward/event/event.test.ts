import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { type Event, type EventQuery, listEvents } from '@mason/contract/event'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { bulkDevices } from '@mason/contract/job'
import { notifyDevice, notifyDevices } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { restrictedTo } from '../../../test/restricted.ts'
import { sweepPresence } from '../../channel/mqtt/sweep-presence.ts'

const platform = usePlatform()
const following: AbortController[] = []
afterEach(() => {
  for (const controller of following.splice(0)) controller.abort()
})

/** Follows the stream like a browser's EventSource: id, event and data of each message. */
async function follow(account: TestAccount, lastEventId?: string, filters = '') {
  const controller = new AbortController()
  following.push(controller)
  const answer = await platform.fetch(`/v1/default/event/stream${filters}`, {
    key: account.key,
    signal: controller.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const received: { id: string; event: string; data: Event }[] = []
  const read = async () => {
    let text = ''
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      const messages = text.split('\n\n')
      text = messages.pop() ?? ''
      for (const message of messages) {
        if (message.startsWith(':')) continue
        const fields = Object.fromEntries(message.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
        received.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) })
      }
    }
  }
  read().catch(() => {})
  return received
}

const waitFor = (check: () => void) => eventually(check)

describe('events', () => {
  test('tell of every change: who, what, and to what', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    await account.call(updateGroup, { name: 'tills', description: 'north' })
    const device = await newDevice(platform, account)
    await account.call(updateDevice, { id: device.id, name: 'Till 1', group: 'tills' })
    const {
      data: [key],
    } = await account.call(createApiKey, { name: 'k', scopes: ['fleet:read'] })
    await account.call(deleteApiKey, { id: key?.id ?? '' })
    await account.call(deleteDevice, { id: device.id })
    await account.call(deleteGroup, { name: 'tills' })
    const { data } = await account.call(listEvents)
    const told = data.map(({ type, actor, subject, data: details }) => [type, actor.kind, subject.id, details])
    expect(told).toEqual([
      ['group.created', 'key', 'tills', {}],
      ['group.updated', 'key', 'tills', { description: 'north' }],
      ['device.enrolled', 'device', device.id, { enrollment: expect.any(String) }],
      ['device.renamed', 'key', device.id, { from: device.serialnumber, to: 'Till 1' }],
      ['device.moved', 'key', device.id, { from: 'unassigned', to: 'tills' }],
      ['key.created', 'key', key?.id, { name: 'k', scopes: ['fleet:read'] }],
      ['key.deleted', 'key', key?.id, {}],
      ['device.deprovisioned', 'key', device.id, { name: 'Till 1' }],
      ['group.deleted', 'key', 'tills', {}],
    ])
    expect((await account.call(listEvents, { type: 'group.' })).data.map(({ type }) => type)).toEqual([
      'group.created',
      'group.updated',
      'group.deleted',
    ])
    expect((await account.call(listEvents, { device: device.id })).data).toHaveLength(4)
    expect((await account.call(listEvents, { after: data[6]?.id ?? '' })).data).toEqual(data.slice(7))
  })

  test('tell of missed check-ins and of coming back', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await platform.database.pool.query(
      "UPDATE heartbeat SET last_checkin = now() - interval '1 day' WHERE device_id = $1",
      [device.id],
    )
    await platform.upFor(3600)
    await sweepPresence(900).run(platform.database)
    await device.checkIn()
    expect((await account.call(listEvents, { device: device.id })).data.map(({ type }) => type)).toEqual([
      'device.enrolled',
      'device.missed',
      'device.online',
    ])
  })
})

describe('the filters of events', () => {
  /** Events of a device, a group, a command and a job, by two keys; the types that a filter lets through, in the list and in the stream. */
  async function furnished() {
    const account = await platform.newAccount()
    const [first] = (await account.call(createApiKey, { name: 'other', scopes: ['fleet:admin', 'notify:refresh'] }))
      .data
    const other = createClient({ baseUrl: platform.url, key: first?.key ?? '', maxRetries: 0 })
    await account.call(createGroup, { name: 'tills' })
    const device = await newDevice(platform, account)
    await other.call(updateDevice, { id: device.id, name: 'Till 1' })
    const [command] = (await other.call(notifyDevice, { id: device.id, type: 'refresh' })).data
    await account.call(notifyDevices, { type: 'refresh', target: { devices: [device.id] } })
    const change = { group: 'tills', labels: { store: '12' } }
    const job = await ended(
      account,
      jobOf(await account.call(bulkDevices, { target: { devices: [device.id] }, change })),
    )
    const listed = async (filters: Omit<EventQuery, 'after' | 'before' | 'limit'>) => {
      const types = (await account.call(listEvents, filters)).data.map(({ type }) => type)
      const query = new URLSearchParams(
        Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
      )
      const live = await follow(account, '0'.repeat(28), `?${query}`)
      await waitFor(() => expect(live.map(({ event }) => event)).toEqual(types))
      return types
    }
    return { listed, account, device, command: command?.id ?? '', job: job.id, other: first?.id ?? '' }
  }

  test('say of whom they are, by whom, and of which job', async () => {
    const { listed, device, command, job, other } = await furnished()
    expect(await listed({ subject: 'tills' })).toEqual(['group.created'])
    const ofDevice = ['device.enrolled', 'device.renamed', 'device.moved', 'device.changed']
    expect(await listed({ subject: device.id.toUpperCase() })).toEqual(ofDevice)
    expect(await listed({ subject: command })).toEqual(['notification.queued'])
    expect(await listed({ subject: 'nothing' })).toEqual([])
    expect(await listed({ actor: other })).toEqual(['device.renamed', 'notification.queued'])
    expect(await listed({ actor: other, type: 'device.' })).toEqual(['device.renamed'])
    expect(await listed({ actor: device.id })).toEqual([])
    expect(await listed({ job })).toEqual(['device.moved', 'device.changed'])
    expect(await listed({ job, subject: device.id, type: 'device.moved' })).toEqual(['device.moved'])
    expect(await listed({ single: true })).toEqual([
      'key.created',
      'group.created',
      'device.enrolled',
      'device.renamed',
      'notification.queued',
    ])
  })

  test('tell somebody who is restricted to groups of nothing else', async () => {
    const { account, device, job, other } = await furnished()
    const within = await restrictedTo(platform, account, ['tills'])
    const typesOf = async (filters: EventQuery) => (await within.call(listEvents, filters)).data.map(({ type }) => type)
    expect(await typesOf({ job })).toEqual(['device.moved', 'device.changed'])
    expect(await typesOf({ actor: other })).toEqual(['device.renamed', 'notification.queued'])
    expect(await typesOf({ subject: device.id, type: 'device.renamed' })).toEqual(['device.renamed'])
    const without = await restrictedTo(platform, account, ['unassigned'])
    for (const filters of [{ job }, { actor: other }, { subject: device.id }, { subject: 'tills' }])
      expect((await without.call(listEvents, filters)).data).toEqual([])
  })

  test('page over many events of a few', async () => {
    const { account, other } = await furnished()
    const all = (await account.call(listEvents, { actor: other })).data
    const one = await account.call(listEvents, { actor: other, limit: 1 })
    expect(one.data).toEqual(all.slice(0, 1))
    const next = await account.call(listEvents, { actor: other, limit: 1, after: one.nextPage ?? '' })
    expect(next).toMatchObject({ data: all.slice(1, 2), prevPage: all[1]?.id })
    expect(next.nextPage).toBeUndefined()
  })
})

describe('the stream of events', () => {
  test('sends what happens, and resumes behind the last one seen', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'before' })
    const live = await follow(account)
    await account.call(createGroup, { name: 'first' })
    await account.call(createGroup, { name: 'second' })
    await waitFor(() => expect(live.map(({ data }) => data.subject.id)).toEqual(['first', 'second']))
    const [first] = live
    expect(first).toMatchObject({ id: first?.data.id, event: 'group.created' })
    const resumed = await follow(account, first?.id)
    await waitFor(() => expect(resumed.map(({ data }) => data.subject.id)).toEqual(['second']))
  })

  test('loses and repeats nothing under parallel writes', async () => {
    const account = await platform.newAccount()
    const live = await follow(account)
    const names = Array.from({ length: 60 }, (_, index) => `g${index}`)
    await Promise.all(names.map((name) => account.call(createGroup, { name })))
    await waitFor(() => expect(live).toHaveLength(names.length))
    expect(live.map(({ data }) => data.subject.id).sort()).toEqual([...names].sort())
    expect((await account.call(listEvents)).data.map(({ id }) => id)).toEqual(live.map(({ id }) => id))
  })

  test('has only what its filters let through, and resumes with them', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    const [groups, ofDevice, both] = [
      await follow(account, undefined, '?type=group.'),
      await follow(account, undefined, `?device=${device.id}`),
      await follow(account, undefined, `?device=${device.id}&type=device.renamed`),
    ]
    await account.call(createGroup, { name: 'tills' })
    for (const { id } of [other, device]) await account.call(updateDevice, { id, group: 'tills', name: `of ${id}` })
    await account.call(createGroup, { name: 'last' })
    const types = (live: typeof groups) => live.map(({ event }) => event).sort()
    await waitFor(() => expect(types(groups)).toEqual(['group.created', 'group.created']))
    await waitFor(() => expect(types(ofDevice)).toEqual(['device.moved', 'device.renamed']))
    await waitFor(() => expect(both.map(({ data }) => data.subject.id)).toEqual([device.id]))
    const resumed = await follow(account, groups[0]?.id, '?type=group.created')
    await waitFor(() => expect(resumed.map(({ data }) => data.subject.id)).toEqual(['last']))
    const refused = await platform.fetch('/v1/default/event/stream?group=tills', { key: account.key })
    expect(refused.status).toBe(400)
  })

  test("shows nobody another account's events", async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const live = await follow(account)
    await other.call(createGroup, { name: 'theirs' })
    await account.call(createGroup, { name: 'ours' })
    await waitFor(() => expect(live.map(({ data }) => data.subject.id)).toEqual(['ours']))
  })

  test('tells a restricted key of its groups alone', async () => {
    const account = await platform.newAccount()
    for (const name of ['lyon', 'nice']) await account.call(createGroup, { name })
    const live = await follow(await restrictedTo(platform, account, ['lyon']))
    const [lyon, nice] = [
      await newDevice(platform, account, { group: 'lyon' }),
      await newDevice(platform, account, { group: 'nice' }),
    ]
    await account.call(updateDevice, { id: lyon.id, name: 'Till 1' })
    await account.call(updateDevice, { id: nice.id, name: 'Till 2' })
    await account.call(updateDevice, { id: nice.id, group: 'lyon' })
    await waitFor(() => expect(live.map(({ event }) => event)).toContain('device.moved'))
    expect(live.filter(({ data }) => data.subject.id === nice.id).map(({ data }) => data.data)).toContainEqual({
      to: 'lyon',
    })
    await account.call(deleteDevice, { id: nice.id })
    await account.call(updateDevice, { id: lyon.id, name: 'Till 3' })
    await waitFor(() => expect(live.at(-1)?.data).toMatchObject({ type: 'device.renamed', data: { to: 'Till 3' } }))
    expect(JSON.stringify(live)).not.toContain('nice')
  })

  test('refuses what is no id of an event', async () => {
    const account = await platform.newAccount()
    const answer = await platform.fetch('/v1/default/event/stream', {
      key: account.key,
      headers: { 'last-event-id': 'x' },
    })
    expect(answer.status).toBe(400)
  })
})
