import {
  createDeployment,
  getDeployment,
  listDeploymentDevices,
  listDeployments,
  type NewDeployment,
  updateDeployment,
} from '@mason/contract/deployment'
import { getDevice, getSummary, listDevices, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { listNotifications } from '@mason/contract/notification'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import {
  buildProject,
  finishedBuild,
  registerApk,
  registerBytes,
  registerConfig,
  registerMedia,
} from '../../test/artifacts.ts'
import { eventually } from '../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'

const platform = usePlatform()
const till = 'com.example.till'
const app = (version: number, name = till) => ({ name, version: String(version) })
const os = (project: string, version: number, release = '1') => ({
  configuration: { project, version: String(version) },
  masonOS: { release },
})

async function newGroup(devices: number) {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const members: TestDevice[] = []
  for (let made = 0; made < devices; made++) members.push(await newDevice(platform, account, { group: 'tills' }))
  return { account, members }
}

const read = async (account: TestAccount, id: string) => (await account.call(getDeployment, { id })).data[0]

/** Waits until the roll-out is like this, and looks after it meanwhile as the periodic job does. */
const expectDeployment = (account: TestAccount, id: string, like: object) =>
  eventually(async () => {
    await platform.runJobs()
    expect(await read(account, id)).toMatchObject(like)
  })

async function deploy(account: TestAccount, input: Omit<NewDeployment, 'group' | 'push'> & Partial<NewDeployment>) {
  const { data } = await account.call(createDeployment, { group: 'tills', push: false, ...input })
  const id = data[0]?.id ?? ''
  await eventually(async () => expect((await read(account, id))?.step).toBeGreaterThan(0))
  return id
}

const deployApp = async (account: TestAccount, version: number, rest: Partial<NewDeployment> = {}) => {
  await registerApk(account, till, version).catch(() => {})
  return deploy(account, { type: 'apk', name: till, version: String(version), ...rest })
}

const statusOf = async (account: TestAccount, { id }: TestDevice) =>
  (await account.call(getDevice, { id })).data[0]?.status

describe('what is deployed to a group', () => {
  test('is told at check-ins until it is known, and has succeeded when it is reported', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    expect(await device.checkIn({ apps: [] })).not.toHaveProperty('deployments')
    const artifact = await registerApk(account, till, 12)
    const id = await deployApp(account, 12)
    const { deployments } = await device.checkIn({ apps: [] })
    expect(deployments).toEqual({
      revision: expect.any(String),
      apps: [
        {
          ...app(12),
          sha256: artifact.checksum.sha256,
          size: artifact.size,
          url: platform.url + artifact.contentUrl,
          deployment: id,
        },
      ],
    })
    expect(await statusOf(account, device)).toEqual({ osUpdated: true, appsUpdated: false, projectUpdated: true })
    expect((await account.call(getSummary)).data[0]?.outOfDate).toBe(1)
    const idsOf = async (outOfDate: boolean) =>
      (await account.call(listDevices, { outOfDate })).data.map(({ id }) => id)
    expect([await idsOf(true), await idsOf(false)]).toEqual([[device.id], []])
    const deploymentsRevision = deployments?.revision ?? ''
    expect(await device.checkIn({ partial: true, deploymentsRevision })).not.toHaveProperty('deployments')
    await device.checkIn({ deploymentsRevision, apps: [app(11), app(12, 'com.example.other')] })
    expect(await read(account, id)).toMatchObject({ devices: { told: 1, succeeded: 0 } })
    await device.checkIn({ deploymentsRevision, apps: [app(1, 'com.example.other'), app(12)] })
    expect(await statusOf(account, device)).toEqual({ osUpdated: true, appsUpdated: true, projectUpdated: true })
    await expectDeployment(account, id, { state: 'finished', devices: { told: 0, succeeded: 1 } })
    await device.checkIn({ deploymentsRevision, apps: [app(11)] })
    expect((await statusOf(account, device))?.appsUpdated).toBe(false)
    expect((await account.call(listEvents, { type: 'deployment.' })).data.map(({ type }) => type)).toEqual([
      'deployment.created',
      'deployment.step',
      'deployment.finished',
    ])
  })

  test('is downloaded by the devices that were told of it, and by no others', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    const stranger = await newDevice(platform, account)
    const { contentUrl, checksum } = await registerApk(account, till, 1)
    const download = ({ id, secret }: TestDevice, headers = {}) =>
      platform.fetch(contentUrl, {
        headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`, ...headers },
      })
    expect((await download(device)).status).toBe(404)
    await deployApp(account, 1)
    const whole = await download(device)
    expect([whole.status, whole.headers.get('etag')]).toEqual([200, `"${checksum.sha256}"`])
    expect((await download(device, { range: 'bytes=10-' })).status).toBe(206)
    expect((await download(stranger)).status).toBe(404)
  })

  test('is a project with its media and apps, of which one that is deployed by itself wins', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    await registerApk(account, till, 1)
    await registerApk(account, 'com.example.menu', 5)
    await buildProject(account, { name: 'shop', version: 1, apps: { [till]: 1, 'com.example.menu': 5 } })
    const project = await deploy(account, { type: 'config', name: 'shop', version: 'latest' })
    const own = await deployApp(account, 2)
    const { deployments } = await device.checkIn({})
    expect(deployments).toMatchObject({
      apps: [
        { ...app(5, 'com.example.menu'), deployment: project },
        { ...app(2), deployment: own },
      ],
      config: { deployment: project, project: 'shop', version: '1', config: { os: { name: 'shop' } }, media: [] },
    })
    await device.checkIn({ apps: [app(1), app(5, 'com.example.menu')], os: os('shop', 1) })
    expect(await statusOf(account, device)).toEqual({ osUpdated: true, appsUpdated: false, projectUpdated: true })
    await expectDeployment(account, project, { state: 'finished' })
    await device.checkIn({ apps: [app(2), app(5, 'com.example.menu')], os: os('shop', 1) })
    await expectDeployment(account, own, { state: 'finished' })
  })

  test('is all of it, though it was deployed side by side', async () => {
    const { account, members } = await newGroup(5)
    const names = Array.from({ length: 6 }, (_, place) => `com.example.app${place}`)
    for (const name of names) await registerApk(account, name, 1)
    await Promise.all(names.map((name) => deploy(account, { type: 'apk', name, version: '1' })))
    for (const device of members)
      expect((await device.checkIn({})).deployments?.apps).toMatchObject(names.map((name) => app(1, name)))
  })

  test('is an OS, which need not be registered', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    const id = await deploy(account, { type: 'ota', name: 'mason-os', version: '2.14.0-rc1' })
    expect((await device.checkIn({})).deployments?.ota).toEqual({ deployment: id, version: '2.14.0-rc1' })
    expect((await statusOf(account, device))?.osUpdated).toBe(false)
    await device.checkIn({ os: os('x', 1, '2.14.0-rc1') })
    expect((await statusOf(account, device))?.osUpdated).toBe(true)
    await expectDeployment(account, id, { state: 'finished' })
    const update = await registerBytes(account, { type: 'ota', version: '3' }, Buffer.from('update'))
    await deploy(account, { type: 'ota', name: 'mason-os', version: 'latest' })
    expect((await device.checkIn({})).deployments?.ota).toMatchObject({ version: '3', sha256: update.checksum.sha256 })
  })

  test('has to be there, and a project to be built', async () => {
    const { account } = await newGroup(0)
    const refused = (input: Partial<NewDeployment>, status: number) =>
      expect(
        account.call(createDeployment, {
          group: 'tills',
          type: 'apk',
          name: till,
          version: '1',
          push: false,
          ...input,
        }),
      ).rejects.toMatchObject({ status })
    await refused({}, 404)
    await refused({ version: 'latest' }, 404)
    await refused({ type: 'config', name: 'shop' }, 404)
    await buildProject(account, { name: 'shop', apps: { [till]: 1 } })
    await refused({ type: 'config', name: 'shop' }, 409)
    await refused({ type: 'config', name: 'shop', version: 'latest' }, 409)
    await refused({ type: 'ota', name: 'other' }, 400)
    await registerApk(account, till, 1)
    await refused({ group: 'nobody' }, 404)
    for (const steps of [[50], [50, 25, 100], [100, 100]])
      await refused({ rollout: { steps, soakMinutes: 0, maxFailurePercent: 0 } }, 400)
    expect((await account.call(listDeployments)).data).toEqual([])
  })

  test('is told to who joins, and no longer to who leaves', async () => {
    const { account, members } = await newGroup(1)
    await deployApp(account, 1)
    const late = await newDevice(platform, account, { group: 'tills' })
    expect((await late.checkIn({})).deployments?.apps).toMatchObject([app(1)])
    const [device] = members as [TestDevice]
    await account.call(createGroup, { name: 'spare' })
    const { deployments } = await device.checkIn({})
    await account.call(updateDevice, { id: device.id, group: 'spare' })
    expect((await device.checkIn({ deploymentsRevision: deployments?.revision ?? '' })).deployments).toEqual({
      revision: 'none',
      apps: [],
    })
    expect(await statusOf(account, device)).toMatchObject({ appsUpdated: true })
  })
})

describe('a device is reset', () => {
  const wipes = async (account: TestAccount, { id }: TestDevice) =>
    (await account.call(listNotifications, { device: id, type: 'wipe' })).data.length

  test('when it is to have an older version of its project', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    for (const version of [1, 2]) await buildProject(account, { name: 'shop', version })
    await deploy(account, { type: 'config', name: 'shop', version: '1' })
    await deploy(account, { type: 'config', name: 'shop', version: '2' })
    expect(await wipes(account, device)).toBe(0)
    await deploy(account, { type: 'config', name: 'shop', version: '1' })
    expect(await wipes(account, device)).toBe(1)
  })

  test('when it moves to a group with another project', async () => {
    const { account, members } = await newGroup(1)
    const [device] = members as [TestDevice]
    for (const name of ['shop', 'bar']) await buildProject(account, { name })
    for (const name of ['bars', 'shops']) await account.call(createGroup, { name })
    await deploy(account, { type: 'config', name: 'shop', version: '1' })
    await deploy(account, { type: 'config', name: 'shop', version: '1', group: 'shops' })
    await deploy(account, { type: 'config', name: 'bar', version: '1', group: 'bars' })
    await account.call(updateDevice, { id: device.id, group: 'shops' })
    expect(await wipes(account, device)).toBe(0)
    await account.call(updateDevice, { id: device.id, group: 'bars' })
    expect(await wipes(account, device)).toBe(1)
  })
})

describe('a roll-out', () => {
  const rollout = { steps: [10, 50, 100], soakMinutes: 0, maxFailurePercent: 20 }
  const toldOf = async (account: TestAccount, id: string) =>
    (await account.call(listDeploymentDevices, { id })).data.flatMap(({ device, toldAt }) => (toldAt ? device.id : []))
  const install = async (device: TestDevice, version: number) => {
    const { deployments } = await device.checkIn({ apps: [] })
    await device.checkIn({ apps: (deployments?.apps ?? []).map(({ name }) => app(version, name)) })
  }

  test('tells exactly its share, step by step, and who joins in the last', async () => {
    const { account, members } = await newGroup(11)
    const id = await deployApp(account, 1, { rollout, push: true })
    expect(await read(account, id)).toMatchObject({ step: 1, share: 10, devices: { waiting: 9, told: 2 } })
    const late = await newDevice(platform, account, { group: 'tills' })
    const byId = new Map([...members, late].map((device) => [device.id, device]))
    const first = await toldOf(account, id)
    const untold = members.find((device) => !first.includes(device.id))
    expect(await untold?.checkIn({ apps: [] })).not.toHaveProperty('deployments')
    for (const told of first) await install(byId.get(told) as TestDevice, 1)
    await expectDeployment(account, id, { step: 2, devices: { waiting: 6, told: 4, succeeded: 2 } })
    const second = await toldOf(account, id)
    expect(second).toEqual(expect.arrayContaining(first))
    for (const told of second) await install(byId.get(told) as TestDevice, 1)
    await expectDeployment(account, id, { step: 3, devices: { waiting: 0, told: 6, succeeded: 6 } })
    for (const device of byId.values()) await install(device, 1)
    await expectDeployment(account, id, { state: 'finished', devices: { told: 0, succeeded: 12 } })
    // Every device was told once, by one command.
    const commands = (await account.call(listNotifications, { type: 'refresh' })).data.map(({ device }) => device.id)
    expect(commands.sort()).toEqual([...byId.keys()].sort())
  })

  test('pauses when too many fail, and goes on when somebody says so', async () => {
    const { account, members } = await newGroup(10)
    const id = await deployApp(account, 1, { rollout: { ...rollout, steps: [50, 100] } })
    const byId = new Map(members.map((device) => [device.id, device]))
    const told = (await toldOf(account, id)).map((deviceId) => byId.get(deviceId) as TestDevice)
    const fail = async (device: TestDevice) =>
      device.checkIn({ partial: true, outcomes: [{ deployment: id, state: 'failed', reason: 'no space' }] })
    await fail(told[0] as TestDevice)
    await expectDeployment(account, id, {
      state: 'paused',
      reason: 'failures',
      step: 1,
      devices: { told: 4, failed: 1 },
    })
    await fail(told[1] as TestDevice)
    for (const device of told.slice(2)) await install(device, 1)
    await account.call(updateDeployment, { id, state: 'running' })
    await expectDeployment(account, id, { state: 'running', step: 2, devices: { told: 5, failed: 2, succeeded: 3 } })
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
    const { account, members } = await newGroup(4)
    const before = await deployApp(account, 1)
    for (const device of members) await install(device, 1)
    await expectDeployment(account, before, { state: 'finished' })
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
    const { account, members } = await newGroup(4)
    const old = await deployApp(account, 1, { rollout: { steps: [25, 100], soakMinutes: 0, maxFailurePercent: 0 } })
    const id = await deployApp(account, 2)
    expect(await read(account, old)).toMatchObject({ state: 'canceled', reason: 'superseded' })
    for (const device of members) expect((await device.checkIn({})).deployments?.apps).toMatchObject([app(2)])
    expect(await read(account, id)).toMatchObject({ devices: { told: 4 } })
  })

  test('tells nobody twice, whoever carries it on and however often', async () => {
    const { account } = await newGroup(6)
    const id = await deployApp(account, 1, {
      rollout: { steps: [50, 100], soakMinutes: 0, maxFailurePercent: 0 },
      push: true,
    })
    await Promise.all(Array.from({ length: 5 }, () => platform.runJobs()))
    await platform.runJobs()
    await expectDeployment(account, id, { step: 1, devices: { told: 3, waiting: 3 } })
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

test('media of a project are downloaded by its devices', async () => {
  const { account, members } = await newGroup(1)
  const [device] = members as [TestDevice]
  await registerMedia(account, 'boot', 1)
  await buildProject(account, { name: 'shop' })
  await registerConfig(account, 'os: {name: shop, version: 2}\nmedia: {bootanimation: {name: boot, version: 1}}')
  await finishedBuild(account, 'shop', '2')
  await deploy(account, { type: 'config', name: 'shop', version: '2' })
  const { deployments } = await device.checkIn({})
  const [media] = deployments?.config?.media ?? []
  const authorization = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
  expect((await fetch(media?.url ?? '', { headers: { authorization } })).status).toBe(200)
})
