import { createApiKey, getApiKey } from '@mason/contract/apikey'
import { countDevices } from '@mason/contract/count'
import { createDeployment, getDeployment, listDeployments } from '@mason/contract/deployment'
import { getDevice, getSummary, listDevices, listLocations, updateDevice } from '@mason/contract/device'
import { createEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { listEvents } from '@mason/contract/event'
import { createExport, getExport, listExports } from '@mason/contract/export'
import { createGroup, deleteGroup, listGroups } from '@mason/contract/group'
import { lookUpDevices } from '@mason/contract/lookup'
import { cancelBatch, getBatch, listNotifications, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { deleteMarker, getSim, listSims, putMarker, updateSim } from '@mason/contract/sim'
import { getSimUsage, listSimUsage } from '@mason/contract/usage'
import { getUser, inviteUser, updateUser } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { registerApk } from './artifacts.ts'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { openTwoShops, restrictedTo } from './restricted.ts'
import { uniquePackage } from './unique.ts'
import { newUser } from './users.ts'

const platform = usePlatform()

const twoShops = () => openTwoShops(platform)
const idsOf = async ({ call }: TestAccount, query = {}) => (await call(listDevices, query)).data.map(({ id }) => id)
const isNone = { status: 404 }

test('of devices, a restricted key sees and changes those of its groups', async () => {
  const { lyon, nice, key } = await twoShops()
  const queries = [
    {},
    { n: 'sn-' },
    { n: 's' },
    { filter: 'serialnumber==*' },
    { filter: 'battery.level!=5' },
    { sort: 'name' },
    { sort: '-lastcheckin' },
    { online: true },
    { limit: 1 },
  ] as const
  for (const query of queries) expect(await idsOf(key, query), JSON.stringify(query)).toEqual([lyon.device.id])
  expect(await key.call(listDevices, { limit: 1 })).not.toHaveProperty('nextPage')
  expect((await key.call(countDevices, {})).data).toEqual([{ count: 1, exact: true }])
  expect((await key.call(listGroups, {})).data.map(({ name }) => name)).toEqual(['lyon'])
  expect((await key.call(getSummary, {})).data).toMatchObject([
    { devices: 1, online: 1, groups: [{ name: 'lyon', devices: 1 }] },
  ])
  const identifiers = [lyon, nice].map(({ device }) => device.serialnumber)
  const found = (await key.call(lookUpDevices, { identifiers })).data
  expect(found.map(({ device }) => device?.id)).toEqual([lyon.device.id, undefined])
  expect((await key.call(listLocations, { id: lyon.device.id })).data).toHaveLength(1)
  expect((await key.call(updateDevice, { id: lyon.device.id, name: 'Till 1' })).data).toMatchObject([
    { name: 'Till 1' },
  ])
})

test('a device that leaves its groups is gone at once, one that comes is there', async () => {
  const { account, lyon, nice, key } = await twoShops()
  await account.call(updateDevice, { id: nice.device.id, group: 'lyon' })
  expect(await idsOf(key)).toEqual([lyon.device.id, nice.device.id].sort())
  expect((await key.call(listNotifications, { device: nice.device.id })).data).toEqual([])
  const moved = (await key.call(listEvents, { type: 'device.moved' })).data
  expect(moved.map(({ data }) => data)).toEqual([{ to: 'lyon' }])
  await account.call(updateDevice, { id: lyon.device.id, group: 'nice' })
  expect(await idsOf(key)).toEqual([nice.device.id])
  await expect(key.call(getDevice, { id: lyon.device.id })).rejects.toMatchObject(isNone)
  await expect(key.call(getSim, { iccid: lyon.iccid })).rejects.toMatchObject(isNone)
  expect((await key.call(listEvents, { device: lyon.device.id })).data).toEqual([])
})

test('a foreign group is no group', async () => {
  const { lyon, key } = await twoShops()
  const { name } = await registerApk(await platform.newAccount(), uniquePackage(), 1)
  for (const group of ['nice', 'unassigned', 'nothing']) {
    const refused = { status: 404, message: `There is no group "${group}"` }
    await expect(key.call(updateDevice, { id: lyon.device.id, group })).rejects.toMatchObject(refused)
    await expect(key.call(createEnrollment, { group })).rejects.toMatchObject(refused)
    await expect(key.call(notifyDevices, { type: 'refresh', target: { group } })).rejects.toMatchObject(refused)
    await expect(
      key.call(createDeployment, { group, type: 'apk', name, version: '1', push: false }),
    ).rejects.toMatchObject(refused)
  }
})

test('commands reach the devices of its groups alone, and a batch counts these', async () => {
  const { account, lyon, nice, key } = await twoShops()
  const everything = { filter: { online: true } }
  const dry = await key.call(notifyDevices, { type: 'refresh', target: everything, dryRun: true })
  expect(dry.data).toEqual([{ type: 'refresh', total: 1, dryRun: true }])
  await expect(
    key.call(notifyDevices, { type: 'refresh', target: { devices: [lyon.device.id, nice.device.id] } }),
  ).rejects.toMatchObject({ status: 404, message: `There is no device ${nice.device.id}` })
  await expect(key.call(notifyDevice, { id: nice.device.id, type: 'refresh' })).rejects.toMatchObject(isNone)
  const { data } = await account.call(notifyDevices, { type: 'refresh', target: everything })
  const id = data[0] && 'id' in data[0] ? data[0].id : ''
  expect((await account.call(getBatch, { id })).data).toMatchObject([{ total: 2 }])
  expect((await key.call(getBatch, { id })).data).toMatchObject([{ total: 1, states: { queued: 1 } }])
  expect((await key.call(listNotifications, { batch: id })).data.map(({ device }) => device.id)).toEqual([
    lyon.device.id,
  ])
  expect((await key.call(cancelBatch, { id })).data).toMatchObject([{ total: 1, states: { canceled: 1 } }])
  expect((await account.call(getBatch, { id })).data).toMatchObject([{ states: { canceled: 1, queued: 1 } }])
  const { data: alone } = await account.call(notifyDevices, { type: 'refresh', target: { group: 'nice' } })
  const foreign = alone[0] && 'id' in alone[0] ? alone[0].id : ''
  await expect(key.call(getBatch, { id: foreign })).rejects.toMatchObject(isNone)
  await expect(key.call(cancelBatch, { id: foreign })).rejects.toMatchObject(isNone)
})

test('of SIMs, it sees and changes those in its devices', async () => {
  const { lyon, nice, key } = await twoShops()
  for (const query of [{}, { n: '8988' }, { filter: 'state==ready' }, { sort: '-createdAt' }] as const)
    expect((await key.call(listSims, query)).data.map(({ iccid }) => iccid)).toEqual([lyon.iccid])
  const date = new Date().toISOString()
  expect((await key.call(listSimUsage, { date })).data.map(({ sim }) => sim?.iccid)).toEqual([lyon.iccid])
  await key.call(putMarker, { iccid: lyon.iccid, key: 'customer', value: 'acme' })
  await key.call(updateSim, { iccid: lyon.iccid, state: 'active' })
  expect((await key.call(listSimUsage, { date, marker: 'customer' })).data).toHaveLength(1)
  const { iccid } = nice
  await expect(key.call(getSimUsage, { iccid, date })).rejects.toMatchObject(isNone)
  await expect(key.call(updateSim, { iccid, state: 'active' })).rejects.toMatchObject(isNone)
  await expect(key.call(putMarker, { iccid, key: 'a', value: 'b' })).rejects.toMatchObject(isNone)
  await expect(key.call(deleteMarker, { iccid, key: 'a' })).rejects.toMatchObject(isNone)
  expect((await key.call(listEvents, { type: 'sim.state' })).data.map(({ subject }) => subject.id)).toEqual([
    lyon.iccid,
  ])
})

test('its exports have the rows of its groups, and are its own', async () => {
  const { account, lyon, nice, key } = await twoShops()
  for (const kind of ['device', 'sim'] as const) {
    const { data } = await key.call(createExport, { kind, format: 'ndjson' })
    const id = data[0]?.id ?? ''
    await eventually(async () => expect((await key.call(getExport, { id })).data[0]?.state).toBe('succeeded'))
    const text = await (await platform.fetch(`/v1/default/export/${id}/content`, { key: key.key })).text()
    expect([lyon.iccid, nice.iccid].map((iccid) => text.includes(iccid))).toEqual([true, false])
    const { data: others } = await account.call(createExport, { kind, format: 'ndjson' })
    await expect(key.call(getExport, { id: others[0]?.id ?? '' })).rejects.toMatchObject(isNone)
    expect((await key.call(listExports, { kind })).data.map((one) => one.id)).toEqual([id])
  }
})

test('it deploys to its groups, and enrolls into them', async () => {
  const { account, nice, key } = await twoShops()
  const { name } = await registerApk(account, uniquePackage(), 1)
  const deploy = (by: TestAccount, group: string) =>
    by.call(createDeployment, { group, type: 'apk', name, version: '1', push: false })
  const own = (await deploy(key, 'lyon')).data[0]?.id ?? ''
  const foreign = (await deploy(account, 'nice')).data[0]?.id ?? ''
  expect((await key.call(getDeployment, { id: own })).data).toMatchObject([{ group: 'lyon' }])
  await expect(key.call(getDeployment, { id: foreign })).rejects.toMatchObject(isNone)
  expect((await key.call(listDeployments, {})).data.map(({ id }) => id)).toEqual([own])
  const told = (await key.call(listEvents, { type: 'deployment.' })).data
  expect(new Set(told.map(({ subject }) => subject.id))).toEqual(new Set([own]))
  await expect(key.call(createEnrollment, {})).rejects.toMatchObject({
    status: 400,
    message: 'group is required: you are restricted to lyon',
  })
  const { data } = await key.call(createEnrollment, { group: 'lyon' })
  expect((await key.call(listEnrollments, {})).data.map(({ group }) => group)).toEqual(['lyon', 'lyon'])
  const token = data[0]?.token ?? ''
  await newDevice(platform, account, { token })
  // The credential of a device in another group is none of its business.
  await expect(newDevice(platform, account, { token, serialnumber: nice.device.serialnumber })).rejects.toMatchObject({
    status: 409,
  })
})

test('who is restricted stays so when the groups are deleted, and made anew', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'pop-up' })
  const key = await restrictedTo(platform, account, ['pop-up'])
  const groupsOf = async () => (await key.call(listGroups, {})).data.map(({ name }) => name)
  expect(await groupsOf()).toEqual(['pop-up'])
  await account.call(deleteGroup, { name: 'pop-up' })
  expect(await groupsOf()).toEqual([])
  await account.call(createGroup, { name: 'pop-up' })
  await newDevice(platform, account, { group: 'pop-up' })
  expect(await groupsOf()).toEqual([])
  expect(await idsOf(key)).toEqual([])
})

test('a user is restricted by an invitation or a change, from that moment on', async () => {
  const { account, lyon, nice } = await twoShops()
  const { id, browser } = await newUser(platform, account)
  const seen = async () =>
    (await browser.get('/v1/default/device')).body.data.map((device: { id: string }) => device.id)
  expect(await seen()).toHaveLength(2)
  await account.call(updateUser, { id, groups: ['nice'] })
  expect(await seen()).toEqual([nice.device.id])
  expect((await browser.get('/auth/session')).body.data[0].user.groups).toEqual(['nice'])
  expect((await browser.get('/v1/default/user')).status).toBe(403)
  await account.call(updateUser, { id, groups: ['lyon'] })
  expect(await seen()).toEqual([lyon.device.id])
  await account.call(updateUser, { id, name: 'Ada' })
  expect((await account.call(getUser, { id })).data).toMatchObject([{ groups: ['lyon'] }])
  await account.call(updateUser, { id, groups: null })
  expect(await seen()).toHaveLength(2)
  expect((await account.call(getUser, { id })).data[0]).not.toHaveProperty('groups')
})

test('what cannot be a restriction is refused with a sentence', async () => {
  const account = await platform.newAccount()
  const scopes = ['fleet:read']
  const email = 'ada@example.com'
  const noGroup = { status: 400, message: 'groups/1 must be a group: there is no "nothing"' }
  const groups = ['unassigned', 'nothing']
  await expect(account.call(createApiKey, { name: 'k', scopes, groups })).rejects.toMatchObject(noGroup)
  await expect(account.call(inviteUser, { email, scopes, groups })).rejects.toMatchObject(noGroup)
  await expect(account.call(createApiKey, { name: 'k', scopes, groups: [] })).rejects.toMatchObject({ status: 400 })
  const owner = { scopes: ['account:owner'], groups: ['unassigned'] }
  const all = { status: 400, message: expect.stringContaining('must be left out with the scope account:owner') }
  await expect(account.call(createApiKey, { name: 'k', ...owner })).rejects.toMatchObject(all)
  await expect(account.call(inviteUser, { email, ...owner })).rejects.toMatchObject(all)
  const { data } = await account.call(inviteUser, { email, scopes, groups: ['unassigned'] })
  await expect(account.call(updateUser, { id: data[0]?.id ?? '', preset: 'owner' })).rejects.toMatchObject(all)
  const made = await account.call(createApiKey, { name: 'k', scopes, groups: ['unassigned'] })
  expect((await account.call(getApiKey, { id: made.data[0]?.id ?? '' })).data).toMatchObject([
    { groups: ['unassigned'] },
  ])
})
