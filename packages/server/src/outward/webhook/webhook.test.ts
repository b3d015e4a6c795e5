import { updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { registerSim } from '@mason/contract/sim'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookDelivery,
  listWebhookDeliveries,
  listWebhooks,
  rotateWebhook,
  testWebhook,
  updateWebhook,
} from '@mason/contract/webhook'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useReceivers, verify } from '../../../test/receiver.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()

describe('a webhook', () => {
  test('gets what happens from then on of its types, signed', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    await account.call(createGroup, { name: 'before' })
    const made = (await account.call(createWebhook, { url: `${receiver.url}/hook`, types: ['group.*'] })).data[0]
    const secret = made?.secret ?? ''
    expect(made).toEqual({
      id: expect.any(String),
      self: `/v1/default/webhook/${made?.id}`,
      url: `${receiver.url}/hook`,
      types: ['group.*'],
      enabled: true,
      createdAt: expect.any(String),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    })
    await account.call(createGroup, { name: 'after' })
    await eventually(() => expect(receiver.subjects()).toEqual(['after']))
    const [call] = receiver.calls
    const { data } = await account.call(listEvents, { type: 'group.created' })
    expect(call?.path).toBe('/hook')
    expect(call?.event).toEqual(data.at(-1))
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': call?.event.id,
      'user-agent': expect.stringMatching(/^Mason-Platform\//),
    })
    if (call) expect(verify(secret, call)).toEqual(call.event)
    if (call) expect(() => verify(`whsec_${Buffer.from('another').toString('base64')}`, call)).toThrow()

    const id = made?.id ?? ''
    await eventually(async () =>
      expect((await account.call(listWebhookDeliveries, { id })).data).toEqual([
        {
          id: `${id}.${call?.event.id}`,
          self: `/v1/default/webhook/delivery/${id}.${call?.event.id}`,
          state: 'succeeded',
          event: { id: call?.event.id, type: 'group.created' },
          attempts: [{ at: expect.any(String), status: 200, latencyMs: expect.any(Number), answer: 'thank you' }],
          createdAt: expect.any(String),
        },
      ]),
    )
  })

  test('shows its secret once, and keeps it sealed', async () => {
    const account = await platform.newAccount()
    const made = (await account.call(createWebhook, { url: 'https://hooks.invalid', types: ['*'] })).data[0]
    const id = made?.id ?? ''
    const shown = [(await account.call(getWebhook, { id })).data, (await account.call(listWebhooks)).data]
    expect(JSON.stringify(shown)).not.toContain('secret')
    const { rows } = await platform.database.pool.query('SELECT webhook::text AS row FROM webhook WHERE id = $1', [id])
    expect(rows[0].row).not.toContain(made?.secret?.slice(6, 20))
    expect(rows[0].row).not.toContain(Buffer.from(made?.secret ?? '').toString('hex'))
  })

  test('that is rotated has two live secrets for a day', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    const made = (await account.call(createWebhook, { url: receiver.url, types: ['group.*'] })).data[0]
    const id = made?.id ?? ''
    const rotated = (await account.call(rotateWebhook, { id })).data[0]
    expect(rotated?.secret).not.toBe(made?.secret)
    expect(Date.parse(rotated?.previousSecretUntil ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    await account.call(createGroup, { name: 'a' })
    await eventually(() => expect(receiver.calls).toHaveLength(1))
    for (const secret of [made?.secret ?? '', rotated?.secret ?? ''])
      for (const call of receiver.calls) verify(secret, call)

    await platform.database.pool.query("UPDATE webhook SET previous_until = now() - interval '1 s' WHERE id = $1", [id])
    await account.call(createGroup, { name: 'b' })
    await eventually(() => expect(receiver.calls).toHaveLength(2))
    const last = receiver.calls.at(-1)
    if (last) verify(rotated?.secret ?? '', last)
    if (last) expect(() => verify(made?.secret ?? '', last)).toThrow()
  })

  test('is tested on request, whatever its types', async () => {
    const [account, receiver, other] = [await platform.newAccount(), await newReceiver(), await newReceiver()]
    const made = (await account.call(createWebhook, { url: receiver.url, types: ['sim.*'] })).data[0]
    await account.call(createWebhook, { url: other.url, types: ['webhook.*', 'group.*'] })
    const tested = (await account.call(testWebhook, { id: made?.id ?? '' })).data[0]
    expect(tested).toMatchObject({ state: 'waiting', event: { type: 'webhook.test' }, attempts: [] })
    await eventually(async () =>
      expect((await account.call(getWebhookDelivery, { id: tested?.id ?? '' })).data[0]?.state).toBe('succeeded'),
    )
    expect(receiver.calls.map(({ event }) => [event.type, event.subject.id])).toEqual([['webhook.test', made?.id]])
    await account.call(createGroup, { name: 'last' })
    await eventually(() => expect(other.subjects()).toContain('last'))
    expect(other.calls.map(({ event }) => event.type)).not.toContain('webhook.test')
  })

  test('that is disabled misses what happens meanwhile', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    const made = (await account.call(createWebhook, { url: receiver.url, types: ['group.*'], enabled: false })).data[0]
    const id = made?.id ?? ''
    await account.call(createGroup, { name: 'missed' })
    await expect(account.call(testWebhook, { id })).rejects.toMatchObject({ status: 409 })
    const changed = await account.call(updateWebhook, { id, enabled: true, description: 'for the desk' })
    expect(changed.data).toMatchObject([{ enabled: true, description: 'for the desk' }])
    await account.call(createGroup, { name: 'told' })
    await eventually(() => expect(receiver.subjects()).toEqual(['told']))
    expect((await account.call(updateWebhook, { id, description: '' })).data[0]).not.toHaveProperty('description')
  })

  test('that is deleted gets nothing more, and takes its deliveries along', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    const made = (await account.call(createWebhook, { url: receiver.url, types: ['group.*'] })).data[0]
    const id = made?.id ?? ''
    await account.call(createGroup, { name: 'first' })
    await eventually(() => expect(receiver.subjects()).toEqual(['first']))
    await account.call(deleteWebhook, { id })
    await account.call(createGroup, { name: 'second' })
    await expect(account.call(getWebhook, { id })).rejects.toMatchObject({ status: 404 })
    await expect(account.call(listWebhookDeliveries, { id })).rejects.toMatchObject({ status: 404 })
    await eventually(async () => {
      await platform.runJob('forget-webhook-deliveries')
      const { rows } = await platform.database.pool.query('SELECT FROM webhook WHERE id = $1', [id])
      expect(rows).toHaveLength(0)
    })
    expect(receiver.subjects()).toEqual(['first'])
  })

  test('names types that there are, and no misspelled ones', async () => {
    const account = await platform.newAccount()
    const create = (types: string[]) => account.call(createWebhook, { url: 'https://hooks.invalid', types })
    await create(['*', 'device.*', 'deployment.paused'])
    for (const type of ['device.moovd', 'devices.*', 'device', '.*'])
      await expect(create(['device.moved', type])).rejects.toMatchObject({
        status: 400,
        errors: [{ path: '/types/1' }],
      })
    await expect(create([])).rejects.toMatchObject({ status: 400 })
  })
})

test.each([
  ['ftp://example.com', 'must be a URL that starts with'],
  ['https://user:secret@example.com', 'must not hold a user or password'],
  ['https://example.com/#part', 'must not hold a fragment'],
  ['https://10.0.0.1/', '10.0.0.1 is not on the public internet; WEBHOOK_ALLOW_HOSTS can allow it'],
  ['https://[::1]/', 'is not on the public internet'],
  ['https://0x7f.2/', '127.0.0.2 is not on the public internet'],
  ['nothing', 'must be a URL'],
])('%s is no address of a webhook', async (url, message) => {
  const account = await platform.newAccount()
  await expect(account.call(createWebhook, { url, types: ['*'] })).rejects.toMatchObject({
    status: 400,
    errors: [{ path: '/url', message: expect.stringContaining(message) }],
  })
})

test('a filter lets only events of devices, or of SIMs, through that match', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  const [near, far] = [await newDevice(platform, account), await newDevice(platform, account)]
  for (const { id } of [near, far])
    await account.call(updateDevice, { id, labels: { store: id === near.id ? '1' : '2' } })
  const hook = { url: receiver.url, types: ['*'] }
  const made = (await account.call(createWebhook, { ...hook, filter: 'label.store==1' })).data[0]
  expect(made?.filter).toBe('label.store==1')
  const ofSims = (await account.call(createWebhook, { ...hook, filter: 'marker.customer==acme' })).data[0]
  const sims = [newIccid(), newIccid()]
  for (const [index, iccid] of sims.entries())
    await account.call(registerSim, { iccid, markers: [{ key: 'customer', value: index === 0 ? 'acme' : 'other' }] })
  await account.call(createGroup, { name: 'unconcerned' })
  for (const { id } of [far, near]) await account.call(updateDevice, { id, name: 'renamed' })
  await eventually(() => expect(receiver.subjects().sort()).toEqual([near.id, sims[0]].sort()))
  await expect(account.call(createWebhook, { ...hook, filter: 'nothing==1' })).rejects.toMatchObject({
    status: 400,
    errors: [{ path: '/filter' }],
  })
  const { data } = await account.call(updateWebhook, { id: ofSims?.id ?? '', filter: null })
  expect(data[0]).not.toHaveProperty('filter')
})
