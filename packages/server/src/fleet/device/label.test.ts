import { createApiKey } from '@mason/contract/apikey'
import { deleteDevice, getDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createClient } from '@mason/sdk/client'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

test('labels are set one by one and removed by null, and notes replaced', async () => {
  const account = await platform.newAccount()
  const { id, ...device } = await newDevice(platform, account)
  const change = async (input: object) => (await account.call(updateDevice, { id, ...input })).data[0]
  expect(await change({ labels: { store: '12', constructor: 'Müller & "Söhne"' } })).toMatchObject({
    labels: { constructor: 'Müller & "Söhne"', store: '12' },
  })
  expect(await change({ labels: { store: null, floor: '2' }, notes: 'Line 1\n"Line" 2' })).toMatchObject({
    labels: { constructor: 'Müller & "Söhne"', floor: '2' },
    notes: 'Line 1\n"Line" 2',
  })
  await device.checkIn()
  const { data } = await account.call(getDevice, { id })
  expect(data[0]).toMatchObject({ labels: { floor: '2' }, notes: 'Line 1\n"Line" 2' })
  const bare = await change({ labels: { constructor: null, floor: null, never: null }, notes: '' })
  expect(bare).not.toHaveProperty('labels')
  expect(bare).not.toHaveProperty('notes')
})

test('a change is one event that names what changed, and no change is none', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  await account.call(updateDevice, { id, labels: { store: '12', floor: '2' }, notes: 'New' })
  await account.call(updateDevice, { id, labels: { store: '12', none: null }, notes: 'New' })
  await account.call(updateDevice, { id, labels: { store: '13', floor: null }, notes: null })
  const { data } = await account.call(listEvents, { type: 'device.changed' })
  expect(data.map((event) => [event.subject, event.data])).toEqual([
    [
      { kind: 'device', id },
      { labels: { floor: '2', store: '12' }, notes: 'New' },
    ],
    [
      { kind: 'device', id },
      { labels: { store: '13' }, removedLabels: ['floor'], notes: '' },
    ],
  ])
})

test('what is wrong with a label is named', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const refusal = (input: object) => account.call(updateDevice, { id, ...input }).catch((error) => error)
  expect(await refusal({ labels: { Store: '12', floor: '' } })).toMatchObject({
    status: 400,
    errors: [
      { path: '/labels/Store', message: expect.stringMatching(/^must have 1 to 63 lower-case letters/) },
      { path: '/labels/floor', message: 'must have 1 to 200 characters' },
    ],
  })
  expect(await refusal({ labels: { store: 12 } })).toMatchObject({
    errors: [{ path: '/labels/store', message: 'must be text' }],
  })
  expect(await refusal({ notes: 'x'.repeat(2_001) })).toMatchObject({ errors: [{ path: '/notes' }] })
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key-${index}`, 'x']))
  await account.call(updateDevice, { id, labels: many })
  expect(await refusal({ labels: { one: 'more' } })).toMatchObject({
    status: 400,
    message: 'labels must leave the device with at most 50 labels; it would have 51',
  })
  await account.call(updateDevice, { id, labels: { one: 'more', 'key-0': null } })
})

test('labels that are set at the same time are all kept, and go with the device', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const keys = Array.from({ length: 8 }, (_, index) => `key-${index}`)
  await Promise.all(keys.map((key) => account.call(updateDevice, { id, labels: { [key]: 'x' } })))
  expect(Object.keys((await account.call(getDevice, { id })).data[0]?.labels ?? {})).toEqual(keys)
  const found = async () => {
    const { rows } = await platform.database.query<{ key: string }>(
      sql`SELECT key FROM device_label WHERE device_id = ${id} ORDER BY key`,
    )
    return rows.map(({ key }) => key)
  }
  expect(await found()).toEqual(keys)
  await account.call(deleteDevice, { id })
  expect(await found()).toEqual([])
})

test('whoever may only move devices labels none', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const { data } = await account.call(createApiKey, { name: 'mover', scopes: ['fleet:move'] })
  const mover = createClient({ baseUrl: platform.url, key: data[0]?.key ?? '' })
  for (const change of [{ labels: { store: '12' } }, { notes: 'New' }])
    await expect(mover.call(updateDevice, { id, group: 'unassigned', ...change })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('fleet:manager'),
    })
})
