import { createApiKey } from '@mason/contract/apikey'
import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { bulkDevices, bulkSims } from '@mason/contract/job'
import { notifyDevices } from '@mason/contract/notification'
import type { Scope } from '@mason/contract/scopes'
import { registerSim } from '@mason/contract/sim'
import { createView, deleteView, getView, listViews, type NewView, updateView } from '@mason/contract/view'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()

async function keyed({ call }: TestAccount, ...scopes: Scope[]) {
  const { data } = await call(createApiKey, { name: 'least', scopes })
  return createClient({ baseUrl: platform.url, key: data[0]?.key ?? '', maxRetries: 0 })
}

const tills: NewView = { name: 'Tills', kind: 'device', filter: 'name==Till*' }

test('a view is made, listed, changed and deleted', async () => {
  const account = await platform.newAccount()
  const wanted: NewView = { ...tills, columns: ['name', 'group'], sort: '-lastcheckin', shared: true }
  const [view] = (await account.call(createView, wanted)).data
  expect(view).toMatchObject({ ...wanted, createdBy: { kind: 'key' } })
  const id = view?.id ?? ''
  expect((await account.call(listViews, { kind: 'device' })).data).toEqual([view])
  expect((await account.call(listViews, { kind: 'sim' })).data).toEqual([])
  const changed = await account.call(updateView, { id, name: 'All tills', columns: null, sort: null })
  const { columns: _, sort: __, ...rest } = view ?? {}
  expect(changed.data).toEqual([{ ...rest, name: 'All tills' }])
  expect((await account.call(deleteView, { id })).data).toEqual(changed.data)
  await expect(account.call(getView, { id })).rejects.toMatchObject({ status: 404 })
})

test('what a view cannot be is refused', async () => {
  const account = await platform.newAccount()
  await account.call(createView, tills)
  await expect(account.call(createView, tills)).rejects.toMatchObject({
    status: 409,
    message: 'You have a view of this name already',
  })
  await account.call(createView, { ...tills, shared: true })
  await expect(account.call(createView, { ...tills, shared: true })).rejects.toMatchObject({ status: 409 })
  const refusal = (view: NewView) => account.call(createView, view).catch((error) => error)
  expect(await refusal({ ...tills, name: 'x', filter: 'nmae==x' })).toMatchObject({ errors: [{ path: '/filter' }] })
  expect(await refusal({ ...tills, name: 'x', kind: 'sim', filter: 'battery.level<1' })).toMatchObject({ status: 400 })
  expect(await refusal({ ...tills, name: 'x', sort: 'iccid' })).toMatchObject({
    errors: [{ path: '/sort', message: expect.stringMatching(/^must be one of name, lastcheckin/) }],
  })
})

test('a view that is not shared is seen by its author alone, and a shared one by all that may read what it shows', async () => {
  const account = await platform.newAccount()
  const manager = await keyed(account, 'fleet:manager')
  const [own] = (await manager.call(createView, tills)).data
  const id = own?.id ?? ''
  await expect(account.call(getView, { id })).rejects.toMatchObject({ status: 404 })
  expect((await account.call(listViews, {})).data).toEqual([])
  const body = { type: 'refresh', target: { view: id }, dryRun: true } as const
  await expect(account.call(notifyDevices, body)).rejects.toMatchObject({ status: 404 })

  const [shared] = (await account.call(createView, { ...tills, shared: true })).data
  const seen = { id: shared?.id ?? '' }
  const reader = await keyed(account, 'fleet:read')
  expect((await reader.call(getView, seen)).data).toEqual([shared])
  await expect(reader.call(createView, { ...tills, name: 'x' })).rejects.toMatchObject({ status: 403 })
  await expect(reader.call(deleteView, seen)).rejects.toMatchObject({ status: 403 })
  await expect(reader.call(updateView, { ...seen, name: 'x' })).rejects.toMatchObject({ status: 403 })
  await expect(manager.call(updateView, { ...seen, shared: false })).rejects.toMatchObject({ status: 409 })
  expect((await manager.call(updateView, { ...seen, name: 'Y' })).data).toMatchObject([{ name: 'Y' }])

  const sims = await keyed(account, 'connect:admin')
  await expect(sims.call(createView, tills)).rejects.toMatchObject({ status: 403 })
  await expect(sims.call(getView, seen)).rejects.toMatchObject({ status: 403 })
  expect((await sims.call(listViews, {})).data).toEqual([])
})

test('as a target a view stands for what matches it at that moment', async () => {
  const account = await platform.newAccount()
  const one = await newDevice(platform, account, { name: 'Till 1' })
  const other = await newDevice(platform, account, { name: 'Door' })
  const [view] = (await account.call(createView, tills)).data
  const target = { view: view?.id ?? '' }
  const reach = async () => (await account.call(notifyDevices, { type: 'refresh', target, dryRun: true })).data[0]
  expect(await reach()).toMatchObject({ total: 1 })
  await account.call(updateDevice, { id: other.id, name: 'Till 2' })
  expect(await reach()).toMatchObject({ total: 2 })
  const job = await ended(account, jobOf(await account.call(bulkDevices, { target, change: { notes: 'x' } })))
  expect(job).toMatchObject({ done: 2, target: { filter: { filter: tills.filter } } })
  expect((await account.call(listDevices, {})).data.map(({ notes }) => notes)).toEqual(['x', 'x'])
  expect((await account.call(getDevice, { id: one.id })).data[0]?.notes).toBe('x')

  const iccid = newIccid()
  await account.call(registerSim, { iccid, name: 'Box' })
  const [boxes] = (await account.call(createView, { name: 'Boxes', kind: 'sim', filter: 'name==box' })).data
  const of = { view: boxes?.id ?? '' }
  const change = { markers: { customer: 'acme' } }
  expect((await account.call(bulkSims, { target: of, change, dryRun: true })).data[0]).toMatchObject({ total: 1 })
  await expect(account.call(bulkSims, { target, change })).rejects.toMatchObject({ status: 404 })
})
