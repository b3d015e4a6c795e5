import { getDevice, listDevices } from '@mason/contract/device'
import { createEnrollment, type NewEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { afterEach, expect, test } from 'vitest'
import { deployApp, expectDeployment, readDeployment, till } from '../../../test/deployments.ts'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { MdmeshAgent } from '../../../test/mdmesh-agent.ts'
import { readNotification, send } from '../../../test/notifications.ts'
import { closedWindow, openWindow } from '../../../test/windows.ts'

const platform = usePlatform()
const agents: MdmeshAgent[] = []
afterEach(() => {
  for (const agent of agents.splice(0)) agent.stop()
})

const apk = { url: 'https://files.invalid/mdmesh.apk', checksum: 'B'.repeat(43) }

async function newPhone(account: TestAccount, input: NewEnrollment = {}, options: object = {}) {
  const { data } = await account.call(createEnrollment, { kind: 'mdmesh', apk, ...input })
  const hardwareId = MdmeshAgent.newId()
  const agent = new MdmeshAgent(data[0]?.qr ?? '', { hardwareId, ...options })
  agents.push(agent)
  agent.start()
  return { agent, hardwareId, device: await joined(account, hardwareId) }
}

/** A device that can be told things at once, and has said which apps it has. */
const joined = (account: TestAccount, serialnumber: string) =>
  eventually(async () => {
    const [device] = (await account.call(listDevices, { serialnumber })).data
    expect(device).toMatchObject({ online: true, apps: expect.anything() })
    if (!device) throw new Error('no device')
    return device
  })

const becomes = (account: TestAccount, id: string, like: object) =>
  eventually(async () => expect(await readNotification(account, id)).toMatchObject(like))

test('an agent joins by the QR code, and says what it is and has', async () => {
  const account = await platform.newAccount()
  const { device, hardwareId } = await newPhone(account, {}, { imei: '356938035643809', model: 'Pixel 8' })
  expect(device).toMatchObject({
    ...{
      kind: 'mdmesh',
      serialnumber: hardwareId,
      family: 'Pixel 8',
      imei: '356938035643809',
      battery: { level: '64' },
    },
    ...{ os: { masonOS: { release: '14' } }, connection: { wifi: { ssid: 'shop', ipaddress: '192.0.2.9' } } },
    apps: [{ name: 'com.android.settings', version: '33' }],
  })
})

test('a refresh and a check succeed at once', async () => {
  const account = await platform.newAccount()
  const { device } = await newPhone(account)
  for (const type of ['refresh', 'check'] as const)
    await becomes(account, await send(account, device, { type }), { state: 'succeeded' })
})

test('a reboot is handed over once, and seen by the start of the boot', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newPhone(account)
  const id = await send(account, device, { type: 'reboot' })
  await becomes(account, id, { state: 'succeeded' })
  await agent.sync()
  await agent.sync()
  expect(agent.effects.reboots).toBe(1)
})

test('a reboot whose answer was lost does not happen later', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newPhone(account)
  agent.lose('answer')
  const id = await send(account, device, { type: 'reboot' })
  await becomes(account, id, { state: 'acknowledged' })
  await agent.sync()
  expect(agent.effects.reboots).toBe(0)
  expect(await readNotification(account, id)).toMatchObject({ state: 'acknowledged' })
})

test('a wiped device comes back as the same one', async () => {
  const account = await platform.newAccount()
  const { agent, device, hardwareId } = await newPhone(account)
  const before = agent.identity?.secret
  agent.lose('answer')
  const id = await send(account, device, { type: 'wipe' })
  await eventually(async () => {
    await agent.sync()
    expect(await readNotification(account, id)).toMatchObject({ state: 'succeeded' })
  })
  expect((await joined(account, hardwareId)).id).toBe(device.id)
  expect(agent.identity?.secret).not.toBe(before)
  expect(agent.effects.wipes).toBe(1)
})

test('a refurbished device leaves the fleet and wipes itself, even if the answer was lost', async () => {
  const account = await platform.newAccount()
  const { agent, device, hardwareId } = await newPhone(account, {}, { bootMs: 60_000 })
  agent.lose('answer')
  await send(account, device, { type: 'refurbish' })
  await eventually(async () => expect((await account.call(listDevices, { serialnumber: hardwareId })).data).toEqual([]))
  expect(agent.effects.wipes).toBe(0)
  await agent.sync()
  expect(agent.effects.wipes).toBe(1)
})

test('an app is installed, and seen by a scan', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent, device } = await newPhone(account, { group: 'tills' })
  const id = await deployApp(account, 7, { push: true })
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
  expect(agent.installed(till)).toBe(7)
  expect(agent.effects.installs).toEqual([`${till} 7`])
  const { apps } = (await account.call(getDevice, { id: device.id })).data[0] ?? {}
  expect(apps).toEqual([
    { name: 'com.android.settings', version: '33' },
    { name: till, version: '7' },
  ])
})

test('an app is installed inside the window of its deployment, and not before it', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent, device } = await newPhone(account, { group: 'tills' })
  await deployApp(account, 7, { push: true, window: closedWindow })
  await becomes(account, await send(account, device, { type: 'refresh' }), { state: 'succeeded' })
  expect(agent.effects.installs).toEqual([])
  const id = await deployApp(account, 8, { push: true, window: openWindow })
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
  expect(agent.effects.installs).toEqual([`${till} 8`])
})

test('a device that was wiped gets its apps again', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent, device } = await newPhone(account, { group: 'tills' })
  await deployApp(account, 7, { push: true })
  await eventually(() => expect(agent.installed(till)).toBe(7))
  await becomes(account, await send(account, device, { type: 'wipe' }), { state: 'succeeded' })
  await eventually(() => expect(agent.installed(till)).toBe(7))
  const isUpToDate = async () => (await account.call(getDevice, { id: device.id })).data[0]?.status?.appsUpdated
  await eventually(async () => expect(await isUpToDate()).toBe(true))
})

test('an app that a person removes comes back with the next check-in, each time, and once if the answer was lost', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent } = await newPhone(account, { group: 'tills' })
  const id = await deployApp(account, 7, { push: true })
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
  for (const times of [2, 3]) {
    await agent.sync()
    agent.removeByHand(till)
    if (times === 3) {
      agent.lose('answer')
      await agent.sync()
      expect(agent.installed(till)).toBeUndefined()
    }
    await agent.sync()
    expect(agent.installed(till)).toBe(7)
    for (let more = 0; more < 3; more++) await agent.sync()
    expect(agent.effects.installs).toHaveLength(times)
  }
  agent.removeByHand('com.android.settings')
  for (let more = 0; more < 3; more++) await agent.sync()
  expect(agent.installed('com.android.settings')).toBeUndefined()
})

test('an install that fails is said to have failed, with its reason, and is tried once more', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent } = await newPhone(account, { group: 'tills' })
  agent.failsToInstall = true
  const id = await deployApp(account, 7, { push: true })
  await eventually(async () => expect((await readDeployment(account, id))?.devices.failed).toBe(1))
  for (let times = 0; times < 3; times++) await agent.sync()
  expect(agent.effects.handled.filter((type) => type === 'app.install')).toHaveLength(2)
})

test('an install that was cut off succeeds the second time', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent } = await newPhone(account, { group: 'tills' })
  agent.failsToInstall = true
  const id = await deployApp(account, 7)
  await agent.sync()
  agent.failsToInstall = false
  for (let times = 0; times < 3; times++) await agent.sync()
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1, failed: 0 } })
})

test('strangers and garbage are refused in the dialect', async () => {
  const post = async (path: string, body: string, authorization = '') => {
    const options = { method: 'POST', body, headers: { authorization } }
    const answer = await platform.fetch(`/rest/public/agent/v1/${path}`, options)
    return (await answer.json()) as object
  }
  const hardware = '"hardwareId":"hw-1"'
  expect(await post('enroll', `{${hardware},"enrollToken":"enroll_x"}`)).toMatchObject({
    status: 'ERROR',
    message: 'error.agent.token.invalid',
  })
  expect(await post('enroll', '{}')).toMatchObject({ message: 'error.agent.invalid', data: null })
  expect(await post('checkin', '{')).toMatchObject({ message: 'error.agent.invalid', data: null })
  expect(await post('checkin', '{"deviceId":"x"}', 'Bearer x')).toMatchObject({
    status: 'ERROR',
    message: 'error.agent.unauthorized',
  })
  const account = await platform.newAccount()
  const { agent } = await newPhone(account)
  const { id = '', secret = '' } = agent.identity ?? {}
  const odd = {
    deviceId: id,
    results: [null, 7, { commandId: {} }],
    state: { battery: 'x', lastBootAt: 1e300 },
    telemetry: [],
  }
  expect(await post('checkin', JSON.stringify(odd), `Bearer ${secret}`)).toMatchObject({ status: 'OK' })
})
