import { getDevice, listDevices } from '@mason/contract/device'
import { bulkDevices, bulkSims, cancelJob, getJob, importDevices, listJobs } from '@mason/contract/job'
import { notifyDevices } from '@mason/contract/notification'
import { search } from '@mason/contract/search'
import { listSims } from '@mason/contract/sim'
import { inviteUser } from '@mason/contract/user'
import { createView } from '@mason/contract/view'
import { expect, test } from 'vitest'
import { type TestAccount, usePlatform } from './harness.ts'
import { ended, jobOf } from './jobs.ts'
import { openTwoShops, restrictedTo } from './restricted.ts'

// Who is restricted to groups changes and finds sets of devices and SIMs.

const platform = usePlatform()
const twoShops = () => openTwoShops(platform)
const idsOf = async ({ call }: TestAccount, query = {}) => (await call(listDevices, query)).data.map(({ id }) => id)
const isNone = { status: 404 }

test('a search finds what is of its groups', async () => {
  const { account, lyon, nice, key } = await twoShops()
  const found = async (by: TestAccount, q: string) => (await by.call(search, { q })).data.map(({ id }) => id)
  for (const { device, iccid, name } of [lyon, nice])
    for (const [q, id] of [
      [device.serialnumber, device.id],
      [iccid, iccid],
      [name, name],
    ] as const) {
      expect(await found(account, q)).toContain(id)
      expect((await found(key, q)).includes(id), q).toBe(name === 'lyon')
    }
  const email = `shop-${lyon.iccid}@example.com`
  await account.call(inviteUser, { email, scopes: ['fleet:read'] })
  expect(await found(account, email)).toHaveLength(1)
  expect(await found(key, email)).toEqual([])
})

test('a job changes what is in its groups, and is seen by whoever began it', async () => {
  const { account, lyon, nice, key } = await twoShops()
  const change = { labels: { checked: 'yes' } }
  const everything = { filter: {} }
  expect((await key.call(bulkDevices, { target: everything, change, dryRun: true })).data).toMatchObject([{ total: 1 }])
  const job = await ended(key, jobOf(await key.call(bulkDevices, { target: everything, change })))
  expect(job).toMatchObject({ state: 'succeeded', total: 1, done: 1, failedTotal: 0 })
  expect(await idsOf(account, { filter: 'label.checked==yes' })).toEqual([lyon.device.id])
  const sims = await ended(
    key,
    jobOf(await key.call(bulkSims, { target: everything, change: { markers: { a: 'b' } } })),
  )
  expect(sims).toMatchObject({ total: 1, done: 1 })
  expect((await account.call(listSims, { marker: 'a:b' })).data.map(({ iccid }) => iccid)).toEqual([lyon.iccid])
  expect((await key.call(listJobs, {})).data.map(({ id }) => id)).toEqual([job.id, sims.id])
  const other = await restrictedTo(platform, account, ['lyon', 'nice'])
  expect((await other.call(listJobs, {})).data).toEqual([])
  for (const route of [getJob, cancelJob]) await expect(other.call(route, { id: job.id })).rejects.toMatchObject(isNone)
  const foreign = [{ devices: [nice.device.id] }, { group: 'nice' }]
  for (const target of foreign) await expect(key.call(bulkDevices, { target, change })).rejects.toMatchObject(isNone)
  const away = { target: everything, change: { group: 'nice' } }
  await expect(key.call(bulkDevices, away)).rejects.toMatchObject(isNone)
  await expect(
    key.call(bulkSims, { target: { sims: [nice.iccid] }, change: { markers: { a: 'c' } } }),
  ).rejects.toMatchObject(isNone)
})

test('a view of the account is no target', async () => {
  const { account, key } = await twoShops()
  const [view] = (await account.call(createView, { name: 'All', kind: 'device', filter: 'name==*', shared: true })).data
  const target = { view: view?.id ?? '' }
  await expect(key.call(bulkDevices, { target, change: { notes: 'x' } })).rejects.toMatchObject(isNone)
  await expect(key.call(notifyDevices, { type: 'refresh', target })).rejects.toMatchObject(isNone)
})

test('a line that names a device of another group names none', async () => {
  const { account, lyon, nice, key } = await twoShops()
  const lines = [lyon, nice].map(({ device }) => `${device.serialnumber},counted`)
  const answer = await platform.fetch(importDevices.url.replace(':fleet', 'default'), {
    method: 'POST',
    key: key.key,
    headers: { 'content-type': 'text/csv' },
    body: `serialnumber,notes\n${lines.join('\n')}`,
  })
  const job = await ended(key, jobOf((await answer.json()) as { data: object[] }))
  const reason = `There is no device with the serialnumber ${nice.device.serialnumber}`
  expect(job).toMatchObject({ done: 1, failedTotal: 1, failed: [{ line: 3, reason }] })
  expect((await account.call(getDevice, { id: nice.device.id })).data[0]).not.toHaveProperty('notes')
})
