import { createDeployment, listDeployments, type NewDeployment } from '@mason/contract/deployment'
import { getDevice, getSummary, listDevices, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { listNotifications } from '@mason/contract/notification'
import { describe, expect, test } from 'vitest'
import {
  buildProject,
  finishedBuild,
  registerApk,
  registerBytes,
  registerConfig,
  registerMedia,
} from '../../../test/artifacts.ts'
import {
  app,
  deploy,
  deployApp,
  expectDeployment,
  newGroup,
  readDeployment as read,
  till,
} from '../../../test/deployments.ts'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const os = (project: string, version: number, release = '1') => ({
  configuration: { project, version: String(version) },
  masonOS: { release },
})

const statusOf = async (account: TestAccount, { id }: TestDevice) =>
  (await account.call(getDevice, { id })).data[0]?.status

describe('what is deployed to a group', () => {
  test('is told at check-ins until it is known, and has succeeded when it is reported', async () => {
    const { account, members } = await newGroup(platform, 1)
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
    await expectDeployment(platform, account, id, { state: 'finished', devices: { told: 0, succeeded: 1 } })
    await device.checkIn({ deploymentsRevision, apps: [app(11)] })
    expect((await statusOf(account, device))?.appsUpdated).toBe(false)
    expect((await account.call(listEvents, { type: 'deployment.' })).data.map(({ type }) => type)).toEqual([
      'deployment.created',
      'deployment.step',
      'deployment.finished',
    ])
  })

  test('is downloaded by the devices that were told of it, and by no others', async () => {
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    const outsider = await newDevice(platform, account)
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
    expect((await download(outsider)).status).toBe(404)
  })

  test('is a project with its media and apps, of which one that is deployed by itself wins', async () => {
    const { account, members } = await newGroup(platform, 1)
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
    await expectDeployment(platform, account, project, { state: 'finished' })
    await device.checkIn({ apps: [app(2), app(5, 'com.example.menu')], os: os('shop', 1) })
    await expectDeployment(platform, account, own, { state: 'finished' })
  })

  test('is all of it, though it was deployed side by side', async () => {
    const { account, members } = await newGroup(platform, 5)
    const names = Array.from({ length: 6 }, (_, index) => `com.example.app${index}`)
    for (const name of names) await registerApk(account, name, 1)
    await Promise.all(names.map((name) => deploy(account, { type: 'apk', name, version: '1' })))
    for (const device of members)
      await eventually(async () =>
        expect((await device.checkIn({})).deployments?.apps).toMatchObject(names.map((name) => app(1, name))),
      )
  })

  test('is an OS, which need not be registered', async () => {
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    const id = await deploy(account, { type: 'ota', name: 'mason-os', version: '2.14.0-rc1' })
    expect((await device.checkIn({})).deployments?.ota).toEqual({ deployment: id, version: '2.14.0-rc1' })
    expect((await statusOf(account, device))?.osUpdated).toBe(false)
    await device.checkIn({ os: os('x', 1, '2.14.0-rc1') })
    expect((await statusOf(account, device))?.osUpdated).toBe(true)
    await expectDeployment(platform, account, id, { state: 'finished' })
    const update = await registerBytes(account, { type: 'ota', version: '3' }, Buffer.from('update'))
    await deploy(account, { type: 'ota', name: 'mason-os', version: 'latest' })
    expect((await device.checkIn({})).deployments?.ota).toMatchObject({ version: '3', sha256: update.checksum.sha256 })
  })

  test('has to be there, and a project to be built', async () => {
    const { account } = await newGroup(platform, 0)
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
    const { account, members } = await newGroup(platform, 1)
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
    const { account, members } = await newGroup(platform, 1)
    const [device] = members as [TestDevice]
    for (const version of [1, 2]) await buildProject(account, { name: 'shop', version })
    await deploy(account, { type: 'config', name: 'shop', version: '1' })
    await deploy(account, { type: 'config', name: 'shop', version: '2' })
    expect(await wipes(account, device)).toBe(0)
    await deploy(account, { type: 'config', name: 'shop', version: '1' })
    expect(await wipes(account, device)).toBe(1)
  })

  test('when it moves to a group with another project', async () => {
    const { account, members } = await newGroup(platform, 1)
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

test('media of a project are downloaded by its devices', async () => {
  const { account, members } = await newGroup(platform, 1)
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
