import type { Checkin } from '@mason/contract/checkin'
import { createDeployment } from '@mason/contract/deployment'
import { listNotifications } from '@mason/contract/notification'
import { ApiError } from '@mason/sdk/api-error'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { buildProject, registerApk } from '../../../test/artifacts.ts'
import {
  app,
  deploy,
  deployApp,
  expectDeployment,
  newGroup,
  readDeployment as read,
  till,
} from '../../../test/deployments.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { closedWindow, openWindow } from '../../../test/windows.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const hourMs = 3_600_000
afterEach(() => void vi.useRealTimers())

/** From now on the server believes that it is so much later. */
const passHours = (hours: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * hourMs })

async function ask(device: TestDevice, known: string | undefined, report: Partial<Checkin> = {}) {
  const { deployments } = await device.checkIn({
    bootId: 'boot-1',
    ...(known !== undefined && { deploymentsRevision: known }),
    ...report,
  })
  return deployments
}

describe('a deployment with a window', () => {
  test('reaches a device that does not keep to windows inside it, and not outside', async () => {
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    const id = await deployApp(account, 12, { window: closedWindow })
    expect(await read(account, id)).toMatchObject({ window: closedWindow, devices: { told: 1 } })
    const before = await ask(device, undefined)
    expect(before).toEqual({ revision: expect.any(String), apps: [] })
    expect(await ask(device, before?.revision)).toBeUndefined()

    passHours(4)
    const inside = await ask(device, before?.revision)
    expect(inside).toMatchObject({ apps: [{ ...app(12), deployment: id, window: closedWindow }] })
    expect(await ask(device, inside?.revision)).toBeUndefined()

    passHours(4)
    expect(await ask(device, inside?.revision), 'what it knows is not taken back').toBeUndefined()
    expect(await ask(device, before?.revision), 'it was not there in time').toBeUndefined()
    await device.checkIn({ bootId: 'boot-1', apps: [app(12)] })
    await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
  })

  test('reaches a device that reports its time zone at any time, with the window to keep to', async () => {
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    const window = { ...closedWindow, timezone: 'device' }
    const id = await deployApp(account, 12, { window })
    const outside = await ask(device, undefined)
    expect(outside?.apps).toEqual([])
    const whole = await ask(device, outside?.revision, { timezone: 'Europe/Paris' })
    expect(whole).toMatchObject({ apps: [{ ...app(12), deployment: id, window }] })
  })

  test('holds up only what it is of', async () => {
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    const other = 'com.example.other'
    await registerApk(account, other, 3)
    await deploy(account, { type: 'apk', name: other, version: '3' })
    await deployApp(account, 12, { window: closedWindow })
    await buildProject(account, { name: 'shop' })
    await deploy(account, { type: 'config', name: 'shop', version: '1', window: openWindow })
    const outside = await ask(device, undefined)
    expect(outside).toMatchObject({ apps: [app(3, other)], config: { project: 'shop', window: openWindow } })
    passHours(4)
    const later = await ask(device, outside?.revision)
    expect(later?.apps.map((one) => one.name)).toEqual([other, till])
    expect(later).not.toHaveProperty('config')
  })

  test('gives each step 8 days, unless it is told otherwise', async () => {
    const { account } = await newGroup(platform, 2)
    const rollout = { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 10 }
    const minutesOf = async (input: object) =>
      (await read(account, await deployApp(account, 12, { ...input })))?.rollout.stepTimeoutMinutes
    expect(await minutesOf({ rollout, window: closedWindow })).toBe(8 * 1_440)
    expect(await minutesOf({ rollout })).toBe(1_440)
    expect(await minutesOf({ rollout: { ...rollout, stepTimeoutMinutes: 60 }, window: closedWindow })).toBe(60)
  })

  test.each([
    [{ window: { ...closedWindow, timezone: 'Europe/Nowhere' } }, /window\/timezone must be an IANA time zone/],
    [{ window: { ...closedWindow, to: '24:00' } }, /must be a time from 00:00 to 23:59/],
    [{ notBefore: new Date(Date.now() + 400 * 24 * hourMs).toISOString() }, /at most 366 days ahead/],
  ])('%o is refused, and nothing is deployed', async (input, message) => {
    const { account } = await newGroup(platform, 0)
    await registerApk(account, till, 12)
    const wanted = { group: 'tills', type: 'apk' as const, name: till, version: '12', push: false }
    const error = await account.call(createDeployment, { ...wanted, ...input }).catch((error) => error)
    expect(error).toBeInstanceOf(ApiError)
    expect([error.status, error.message]).toEqual([400, expect.stringMatching(message)])
  })
})

test('a deployment with notBefore begins then, for those who came into the group meanwhile as well', async () => {
  const { account, members } = await newGroup(platform, 1)
  await registerApk(account, till, 12)
  const notBefore = new Date(Date.now() + hourMs).toISOString()
  const wanted = { group: 'tills', type: 'apk' as const, name: till, version: '12', push: true, notBefore }
  const id = (await account.call(createDeployment, wanted)).data[0]?.id ?? ''
  members.push(await newDevice(platform, account, { group: 'tills' }))
  await platform.runJob('watch-deployments')
  expect(await read(account, id)).toMatchObject({ state: 'running', step: 0, notBefore, devices: { waiting: 2 } })
  for (const device of members) expect(await ask(device, undefined)).not.toMatchObject({ apps: [app(12)] })
  expect((await account.call(listNotifications, {})).data).toEqual([])

  await platform.database.pool.query('UPDATE deployment SET not_before = now() WHERE id = $1', [id])
  await expectDeployment(platform, account, id, { devices: { told: 2 } })
  for (const device of members) expect(await ask(device, undefined)).toMatchObject({ apps: [app(12)] })
  expect((await account.call(listNotifications, {})).data).toHaveLength(2)
})
