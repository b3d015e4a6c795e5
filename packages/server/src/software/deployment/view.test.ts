import { createDeployment, listDeploymentDevices, listDeployments } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createView, deleteView } from '@mason/contract/view'
import { expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { app, deployApp, expectDeployment, newGroup, readDeployment, till } from '../../../test/deployments.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { restrictedTo } from '../../../test/restricted.ts'

const platform = usePlatform()

/** Five devices, of which those with these numbers are of the store, and a view of the store. */
async function newStore(numbers: readonly number[]) {
  const { account, members } = await newGroup(platform, 5)
  for (const number of numbers) await enter(account, members[number])
  const { data } = await account.call(createView, { name: 'Store', kind: 'device', filter: 'label.store==12' })
  const view = data[0]?.id ?? ''
  const target = { group: undefined, view }
  return { account, members, view, target }
}

const enter = (account: TestAccount, device: TestDevice | undefined) =>
  account.call(updateDevice, { id: device?.id ?? '', labels: { store: '12' } })

const devicesOf = async (account: TestAccount, id: string) =>
  (await account.call(listDeploymentDevices, { id })).data.map(({ device }) => device.id).sort()

const idsOf = (devices: readonly TestDevice[], numbers: readonly number[]) =>
  numbers.map((number) => devices[number]?.id).sort()

/** As if the last search for devices had been a while ago. */
const letTimePass = (id: string) =>
  platform.database.pool.query(
    `UPDATE deployment SET search_ended_at = search_ended_at - interval '2 minutes', search_began_at = search_began_at - interval '2 minutes' WHERE id = $1`,
    [id],
  )

test('a deployment to a view is told to devices that match, and while it runs to those that come to match', async () => {
  const { account, members, view, target } = await newStore([1, 3])
  const id = await deployApp(account, 7, target)
  expect(await readDeployment(account, id)).toMatchObject({ view, filter: 'label.store==12', state: 'running' })
  expect(await readDeployment(account, id)).not.toHaveProperty('group')
  await expectDeployment(platform, account, id, { devices: { waiting: 0, told: 2, succeeded: 0, failed: 0 } })
  expect(await devicesOf(account, id)).toEqual(idsOf(members, [1, 3]))
  const [outside, inside, , other] = members
  expect(await outside?.checkIn({ apps: [] })).not.toHaveProperty('deployments')
  expect((await inside?.checkIn({ apps: [] }))?.deployments).toMatchObject({ apps: [{ ...app(7), deployment: id }] })
  // A device keeps what it was told when it moves, or matches no longer.
  await account.call(updateDevice, { id: inside?.id ?? '', group: 'unassigned', labels: { store: null } })
  await inside?.checkIn({ apps: [app(7)] })
  await expectDeployment(platform, account, id, { state: 'running', devices: { told: 1, succeeded: 1 } })
  // The view may change or go: what runs has the filter that it began with.
  await account.call(deleteView, { id: view })
  await enter(account, members[4])
  await letTimePass(id)
  await expectDeployment(platform, account, id, { devices: { told: 2, succeeded: 1 } })
  for (const device of [other, members[4]]) await device?.checkIn({ apps: [app(7)] })
  await expectDeployment(platform, account, id, { state: 'finished', devices: { waiting: 0, told: 0, succeeded: 3 } })
  expect((await account.call(listEvents, { type: 'deployment.created' })).data).toMatchObject([{ data: { view } }])
  // Whoever comes after the end is left alone.
  await enter(account, outside)
  await letTimePass(id)
  await platform.runJob('watch-deployments')
  expect(await outside?.checkIn({ apps: [] })).not.toHaveProperty('deployments')
})

test('in steps, who comes to match is told in the last one', async () => {
  const { account, members, target } = await newStore([0, 1, 2, 3])
  const rollout = { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 100 }
  const id = await deployApp(account, 7, { ...target, rollout })
  await expectDeployment(platform, account, id, { step: 1, devices: { waiting: 2, told: 2 } })
  await enter(account, members[4])
  await letTimePass(id)
  await expectDeployment(platform, account, id, { step: 1, devices: { waiting: 3, told: 2 } })
  for (const device of members.slice(0, 4)) await device.checkIn({ apps: [app(7)] })
  await expectDeployment(platform, account, id, { step: 2, devices: { waiting: 0, told: 1, succeeded: 4 } })
  expect((await members[4]?.checkIn({ apps: [] }))?.deployments).toMatchObject({ apps: [{ deployment: id }] })
})

test('of what a group and a view are told, a device has the newest', async () => {
  const { account, members, target } = await newStore([0])
  const [both, onlyGroup] = members
  const first = await deployApp(account, 7)
  const second = await deployApp(account, 8, target)
  await expectDeployment(platform, account, second, { devices: { told: 1 } })
  expect((await both?.checkIn({ apps: [] }))?.deployments).toMatchObject({ apps: [{ ...app(8), deployment: second }] })
  expect((await onlyGroup?.checkIn({ apps: [] }))?.deployments).toMatchObject({ apps: [{ deployment: first }] })
  const third = await deployApp(account, 9, { group: undefined, filter: 'label.store==12' })
  expect(await readDeployment(account, second)).toMatchObject({ state: 'canceled', reason: 'superseded' })
  expect(await readDeployment(account, first)).toMatchObject({ state: 'running' })
  await expectDeployment(platform, account, third, { devices: { told: 1 } })
  const { data } = await account.call(listDeployments, { group: 'tills' })
  expect(data.map(({ id }) => id)).toEqual([first])
})

test('a device that is removed counts no longer, and a view of none is finished at once', async () => {
  const { account, members, target } = await newStore([0, 1])
  const id = await deployApp(account, 7, target)
  await expectDeployment(platform, account, id, { devices: { told: 2 } })
  await account.call(deleteDevice, { id: members[0]?.id ?? '' })
  await expectDeployment(platform, account, id, { devices: { waiting: 0, told: 1, succeeded: 0, failed: 0 } })
  const empty = await newStore([])
  await registerApk(empty.account, till, 7)
  const { data } = await empty.account.call(createDeployment, {
    ...{ view: empty.view, type: 'apk', name: till, version: '7', push: false },
  })
  await expectDeployment(platform, empty.account, data[0]?.id ?? '', { state: 'finished', devices: { waiting: 0 } })
})

test('what is no group or view of devices is refused', async () => {
  const { account, view } = await newStore([])
  await registerApk(account, till, 7)
  await newDevice(platform, account)
  const deploy = (by: TestAccount, target: { group?: string; view?: string; filter?: string }) =>
    by.call(createDeployment, { ...target, type: 'apk', name: till, version: '7', push: false })
  const sims = await account.call(createView, { name: 'SIMs', kind: 'sim', filter: 'state==ready' })
  await expect(deploy(account, {})).rejects.toMatchObject({ status: 400, errors: [{ path: '/group' }] })
  await expect(deploy(account, { filter: 'name=x' })).rejects.toMatchObject({
    status: 400,
    errors: [{ path: '/filter', message: expect.stringMatching(/^is wrong at position 5/) }],
  })
  await expect(deploy(account, { group: 'tills', view })).rejects.toMatchObject({
    status: 400,
    errors: [{ path: '/view' }],
  })
  for (const one of [crypto.randomUUID(), sims.data[0]?.id ?? ''])
    await expect(deploy(account, { view: one })).rejects.toMatchObject({
      status: 404,
      message: `There is no view ${one} of devices`,
    })
  // A view is of the account: who is restricted to groups has none.
  const restricted = await restrictedTo(platform, account, ['tills'])
  await expect(deploy(restricted, { view })).rejects.toMatchObject({ status: 404 })
  await expect(deploy(restricted, { filter: 'name==*' })).rejects.toMatchObject({ status: 400 })
  expect((await account.call(listDeployments)).data).toEqual([])
})
