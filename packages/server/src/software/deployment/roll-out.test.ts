import { listDeploymentDevices, updateDeployment } from '@mason/contract/deployment'
import { listEvents } from '@mason/contract/event'
import { listNotifications } from '@mason/contract/notification'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { app, deployApp, expectDeployment, newGroup, readDeployment as read } from '../../../test/deployments.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform({}, { areJobsRunning: false })

describe('a roll-out', () => {
  const rollout = { steps: [10, 50, 100], soakMinutes: 0, maxFailurePercent: 20 }
  const toldOf = async (account: TestAccount, id: string) =>
    (await account.call(listDeploymentDevices, { id })).data.flatMap(({ device, toldAt }) => (toldAt ? device.id : []))
  const install = async (device: TestDevice, version: number) => {
    const { deployments } = await device.checkIn({ apps: [] })
    await device.checkIn({ apps: (deployments?.apps ?? []).map(({ name }) => app(version, name)) })
  }

  test('tells exactly its share, step by step, and who joins in the last', async () => {
    const { account, members } = await newGroup(platform, 11)
    const id = await deployApp(account, 1, { rollout, push: true })
    expect(await read(account, id)).toMatchObject({ step: 1, share: 10, devices: { waiting: 9, told: 2 } })
    const late = await newDevice(platform, account, { group: 'tills' })
    const byId = new Map([...members, late].map((device) => [device.id, device]))
    const first = await toldOf(account, id)
    const untold = members.find((device) => !first.includes(device.id))
    expect(await untold?.checkIn({ apps: [] })).not.toHaveProperty('deployments')
    for (const told of first) await install(byId.get(told) as TestDevice, 1)
    await expectDeployment(platform, account, id, { step: 2, devices: { waiting: 6, told: 4, succeeded: 2 } })
    const second = await toldOf(account, id)
    expect(second).toEqual(expect.arrayContaining(first))
    for (const told of second) await install(byId.get(told) as TestDevice, 1)
    await expectDeployment(platform, account, id, { step: 3, devices: { waiting: 0, told: 6, succeeded: 6 } })
    for (const device of byId.values()) await install(device, 1)
    await expectDeployment(platform, account, id, { state: 'finished', devices: { told: 0, succeeded: 12 } })
    // Every device was told once, by one command.
    const commands = (await account.call(listNotifications, { type: 'refresh' })).data.map(({ device }) => device.id)
    expect(commands.sort()).toEqual([...byId.keys()].sort())
  })

  test('pauses when too many fail, and goes on when somebody says so', async () => {
    const { account, members } = await newGroup(platform, 10)
    const id = await deployApp(account, 1, { rollout: { ...rollout, steps: [50, 100] } })
    const byId = new Map(members.map((device) => [device.id, device]))
    const told = (await toldOf(account, id)).map((deviceId) => byId.get(deviceId) as TestDevice)
    const fail = async (device: TestDevice) =>
      device.checkIn({ partial: true, outcomes: [{ deployment: id, state: 'failed', reason: 'no space' }] })
    await fail(told[0] as TestDevice)
    await expectDeployment(platform, account, id, {
      state: 'paused',
      reason: 'failures',
      step: 1,
      devices: { told: 4, failed: 1 },
    })
    await fail(told[1] as TestDevice)
    for (const device of told.slice(2)) await install(device, 1)
    await account.call(updateDeployment, { id, state: 'running' })
    await expectDeployment(platform, account, id, {
      state: 'running',
      step: 2,
      devices: { told: 5, failed: 2, succeeded: 3 },
    })
    // A failure is not the last word.
    await install(told[0] as TestDevice, 1)
    expect(await read(account, id)).toMatchObject({ devices: { failed: 1, succeeded: 4 } })
    expect((await account.call(listDeploymentDevices, { id, state: 'failed' })).data).toMatchObject([
      { device: { id: told[1]?.id }, reason: 'no space' },
    ])
    expect((await account.call(listEvents, { type: 'deployment.' })).data.map(({ type }) => type)).toEqual([
      'deployment.created',
      'deployment.step',
      'deployment.paused',
      'deployment.resumed',
      'deployment.step',
    ])
  })

  test('that is canceled stays where it was installed, and is taken back elsewhere', async () => {
    const { account, members } = await newGroup(platform, 4)
    const before = await deployApp(account, 1)
    for (const device of members) await install(device, 1)
    await expectDeployment(platform, account, before, { state: 'finished' })
    const id = await deployApp(account, 2, { rollout: { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 0 } })
    const byId = new Map(members.map((device) => [device.id, device]))
    const [one, other] = (await toldOf(account, id)).map((deviceId) => byId.get(deviceId))
    await install(one as TestDevice, 2)
    expect((await other?.checkIn({}))?.deployments?.apps).toMatchObject([app(2)])
    await account.call(updateDeployment, { id, state: 'canceled' })
    expect((await one?.checkIn({}))?.deployments?.apps).toMatchObject([app(2)])
    expect((await other?.checkIn({}))?.deployments?.apps).toMatchObject([app(1)])
    await expect(account.call(updateDeployment, { id, state: 'running' })).rejects.toMatchObject({ status: 409 })
  })

  test('gives way to a newer deployment of the same', async () => {
    const { account, members } = await newGroup(platform, 4)
    const old = await deployApp(account, 1, { rollout: { steps: [25, 100], soakMinutes: 0, maxFailurePercent: 0 } })
    const id = await deployApp(account, 2)
    expect(await read(account, old)).toMatchObject({ state: 'canceled', reason: 'superseded' })
    for (const device of members) expect((await device.checkIn({})).deployments?.apps).toMatchObject([app(2)])
    expect(await read(account, id)).toMatchObject({ devices: { told: 4 } })
  })

  test('tells nobody twice, whoever carries it on and however often', async () => {
    const { account } = await newGroup(platform, 6)
    const id = await deployApp(account, 1, {
      rollout: { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 0 },
      push: true,
    })
    await Promise.all(Array.from({ length: 5 }, () => platform.runJob('watch-deployments')))
    await platform.runJob('watch-deployments')
    await expectDeployment(platform, account, id, { step: 1, devices: { told: 3, waiting: 3 } })
    expect((await account.call(listNotifications, { type: 'refresh' })).data).toHaveLength(3)
  })

  test('the share of any group is rounded up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 100 }), async (total, share) => {
        const { rows } = await platform.database.query<{ turns: number }>(
          sql`SELECT ceil(${total}::bigint * ${share}::numeric / 100)::int AS turns`,
        )
        expect(rows[0]?.turns).toBe(Math.floor((total * share + 99) / 100))
      }),
      { numRuns: 50 },
    )
  })
})
