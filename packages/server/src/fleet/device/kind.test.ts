import { cannotBeGiven, cannotBeTold } from '@mason/contract/ability'
import { createDeployment, getDeployment, listDeploymentDevices } from '@mason/contract/deployment'
import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { type DeviceKind, deviceKinds } from '@mason/contract/device-kind'
import {
  getBatch,
  listNotifications,
  notificationTypes,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { createView } from '@mason/contract/view'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { expectDeployment, newGroup, till } from '../../../test/deployments.ts'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { sendMany } from '../../../test/notifications.ts'

const platform = usePlatform()

/** As if another program had enrolled it. */
const become = (kind: DeviceKind, { id }: { id: string }) =>
  platform.database.query(sql`UPDATE device SET kind = ${kind} WHERE id = ${id}`)

test('a device has the kind of the program that enrolled it, and is found by it', async () => {
  const account = await platform.newAccount()
  const linux = await newDevice(platform, account)
  const simulated = await newDevice(platform, account, { kind: 'simulated' })
  const kindOf = async (id: string) => (await account.call(getDevice, { id })).data[0]?.kind
  expect(await kindOf(linux.id)).toBe('mason-linux')
  expect(await kindOf(simulated.id)).toBe('simulated')
  const found = async (filter: string) => (await account.call(listDevices, { filter })).data.map(({ id }) => id)
  expect(await found('kind==Simulated')).toEqual([simulated.id])
  expect(await found('kind!=simulated')).toEqual([linux.id])
  await newDevice(platform, account, { serialnumber: simulated.serialnumber })
  expect(await kindOf(simulated.id)).toBe('mason-linux')
})

test('the database and the contract say the same of what a kind can do', async () => {
  for (const kind of deviceKinds) {
    for (const type of notificationTypes) {
      const { rows } = await platform.database.query(sql`SELECT can_be_told(${kind}, ${type}) AS can`)
      expect({ kind, type, ...rows[0] }).toEqual({ kind, type, can: cannotBeTold(kind, type) === undefined })
    }
    for (const type of ['apk', 'config', 'ota'] as const) {
      const { rows } = await platform.database.query(sql`SELECT can_be_given(${kind}, ${type}) AS can`)
      expect({ kind, type, ...rows[0] }).toEqual({ kind, type, can: cannotBeGiven(kind, type) === undefined })
    }
  }
})

test('a command that devices of a kind cannot carry out is refused with a sentence, and nothing is queued', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await become('headwind', device)
  await expect(account.call(notifyDevice, { id: device.id, type: 'shutdown' })).rejects.toMatchObject({
    status: 409,
    type: 'conflict_error',
    message:
      'A device with the Headwind agent cannot power off: Android lets no device owner do that. Nothing was sent.',
  })
  expect((await account.call(listNotifications, { device: device.id })).data).toEqual([])
  await account.call(notifyDevice, { id: device.id, type: 'reboot' })
})

test('a batch counts such devices apart, and sends them nothing', async () => {
  const account = await platform.newAccount()
  const [able, unable] = [await newDevice(platform, account), await newDevice(platform, account)]
  await become('mdmesh', unable)
  const command = { type: 'application', target: { filter: {} } } as const
  const dryRun = await account.call(notifyDevices, { ...command, dryRun: true })
  expect(dryRun.data).toEqual([{ type: 'application', total: 2, unsupported: 1, dryRun: true }])
  const { id } = await sendMany(account, command)
  const batch = (await account.call(getBatch, { id })).data[0]
  expect(batch).toMatchObject({ total: 2, states: { queued: 1, unsupported: 1 } })
  const { data } = await account.call(listNotifications, { batch: id, state: 'unsupported' })
  expect(data.map(({ device, finishedAt }) => [device.id, typeof finishedAt])).toEqual([[unable.id, 'string']])
  expect((await unable.checkIn()).notifications).toEqual([])
  expect((await able.checkIn()).notifications).toMatchObject([{ type: 'application' }])
})

test('a roll-out counts such devices apart, and its steps are shares of the others', async () => {
  const { account, members } = await newGroup(platform, 4)
  const [unable, ...others] = members
  if (!unable) throw new Error('no member')
  await become('headwind', unable)
  const release = { group: 'tills', type: 'ota', name: 'mason-os', version: '2.13.0', push: false } as const
  const rollout = { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 100 }
  const { data } = await account.call(createDeployment, { ...release, rollout })
  const id = data[0]?.id ?? ''
  await expectDeployment(platform, account, id, { step: 1, devices: { told: 2, waiting: 1, unsupported: 1 } })
  const { data: progress } = await account.call(listDeploymentDevices, { id, state: 'unsupported' })
  expect(progress.map(({ device }) => device.id)).toEqual([unable.id])
  for (let step = 0; step < 2; step++) {
    for (const { checkIn } of others) await checkIn({ bootId: 'boot-1', os: { masonOS: { release: release.version } } })
    await platform.runJob('watch-deployments')
  }
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 3, unsupported: 1 } })
  expect((await account.call(getDevice, { id: unable.id })).data[0]?.status.osUpdated).toBe(true)
})

test('without steps, and for a device that joins later, it is the same', async () => {
  const { account, members } = await newGroup(platform, 1)
  const { data } = await account.call(createDeployment, {
    ...{ group: 'tills', type: 'ota', name: 'mason-os', version: '2.13.0', push: false },
  })
  const id = data[0]?.id ?? ''
  const late = await newDevice(platform, account)
  await become('headwind', late)
  await expectDeployment(platform, account, id, { step: 1, devices: { told: 1 } })
  await account.call(updateDevice, { id: late.id, group: 'tills' })
  expect((await account.call(getDeployment, { id })).data[0]?.devices).toMatchObject({ told: 1, unsupported: 1 })
  expect(members).toHaveLength(1)
})

test('a device that another program speaks for from now on gets what it could not have, and loses what it cannot have', async () => {
  const { account, members } = await newGroup(platform, 2)
  const [first, second] = members
  if (!first || !second) throw new Error('no members')
  await become('headwind', first)
  const release = { group: 'tills', type: 'ota', name: 'mason-os', version: '2.13.0', push: false } as const
  const id = (await account.call(createDeployment, release)).data[0]?.id ?? ''
  await expectDeployment(platform, account, id, { step: 1, devices: { told: 1, unsupported: 1 } })
  await become('mason-linux', first)
  await become('mdmesh', second)
  await expectDeployment(platform, account, id, { devices: { told: 1, unsupported: 1 } })
  const isUpToDate = async (device: { id: string }) =>
    (await account.call(getDevice, { id: device.id })).data[0]?.status.osUpdated
  expect([await isUpToDate(first), await isUpToDate(second)]).toEqual([false, true])
  await first.checkIn({ bootId: 'boot-1', os: { masonOS: { release: release.version } } })
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1, unsupported: 1 } })
})

test('a deployment to a group of nothing else is refused', async () => {
  const { account, members } = await newGroup(platform, 2)
  for (const member of members) await become('headwind', member)
  const to = { group: 'tills', push: false } as const
  await expect(
    account.call(createDeployment, { ...to, type: 'ota', name: 'mason-os', version: '2.13.0' }),
  ).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('and the group tills has no device of another kind'),
  })
  await registerApk(account, till, 1)
  await account.call(createDeployment, { ...to, type: 'apk', name: till, version: '1' })
})

test('an app whose versions a Headwind device cannot tell apart by their names is not deployed to one', async () => {
  const { account, members } = await newGroup(platform, 2)
  const [tablet] = members
  if (!tablet) throw new Error('no member')
  await become('headwind', tablet)
  for (const code of [1, 2]) await registerApk(account, till, code, '1.0')
  const what = { type: 'apk', name: till, version: '2', push: false } as const
  const { data } = await account.call(createView, { name: 'tills', kind: 'device', filter: 'group==tills' })
  for (const target of [{ group: 'tills' }, { filter: 'kind==headwind' }, { view: data[0]?.id ?? '' }])
    await expect(account.call(createDeployment, { ...what, ...target })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('has the versionName 1.0, as the version 1 has'),
    })
  await account.call(createDeployment, { ...what, filter: 'kind==mason-linux' })
})
