import { getDevice, listDevices, listLocations } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { cancelNotification } from '@mason/contract/notification'
import { getSim, registerSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { deployApp, expectDeployment, till } from '../../../test/deployments.ts'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { joined, newQr, useTablets } from '../../../test/headwind-tablets.ts'
import { readNotification, send } from '../../../test/notifications.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()
const { start, newTablet } = useTablets()

const becomes = (account: TestAccount, id: string, like: object) =>
  eventually(async () => expect(await readNotification(account, id)).toMatchObject(like))

test('a stock agent joins by the QR code, under a path of its own, and says what it is', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'shop' })
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  const { agent, serial, device } = await newTablet(
    account,
    { imei: '356938035643809', iccid, model: 'SM-X200' },
    { group: 'shop' },
  )
  expect(device).toMatchObject({
    ...{ kind: 'headwind', serialnumber: serial, family: 'SM-X200', imei: '356938035643809', battery: { level: '81' } },
    ...{ group: { name: 'shop' }, os: { configuration: { device: 'SM-X200' }, masonOS: { release: '13' } } },
    connection: { sim: [{ iccid }] },
  })
  await eventually(async () => expect((await account.call(getSim, { iccid })).data[0]?.device?.id).toBe(device.id))
  expect(agent.server).toMatch(/\/hw-d[0-9a-f]{32}[0-9A-Za-z]{43}$/)
  agent.location = { ts: Date.now(), lat: 52.5, lon: 13.4 }
  agent.battery = 30
  await agent.update()
  const { data: places } = await account.call(listLocations, { id: device.id })
  expect(places).toMatchObject([{ latitude: 52.5, longitude: 13.4 }])
  expect((await account.call(getDevice, { id: device.id })).data[0]?.battery).toEqual({ level: '30' })
})

test('a refresh and a check succeed once it has reported', async () => {
  const account = await platform.newAccount()
  const { device, agent } = await newTablet(account)
  for (const type of ['refresh', 'check'] as const)
    await becomes(account, await send(account, device, { type }), { state: 'succeeded' })
  expect(agent.effects.longPauses).toBe(0)
})

test('a reboot happens once, and succeeds when the device runs another boot', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newTablet(account)
  const before = agent.bootId
  const id = await send(account, device, { type: 'reboot' })
  await becomes(account, id, { state: 'succeeded', acknowledgedAt: expect.anything() })
  expect(agent.bootId).not.toBe(before)
  await agent.update()
  expect(agent.effects.reboots).toBe(1)
})

test('a reboot whose confirmation was lost does not happen, and is not said to have', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newTablet(account)
  await becomes(account, await send(account, device, { type: 'refresh' }), { state: 'succeeded' })
  agent.lose(/devicereset\/public\/reboot/, 'answer')
  const id = await send(account, device, { type: 'reboot' })
  await becomes(account, id, { state: 'acknowledged' })
  await agent.update()
  expect(agent.effects.reboots).toBe(0)
  expect(await readNotification(account, id)).toMatchObject({ state: 'acknowledged' })
  agent.lose(/devicereset\/public\/reboot/, 'request')
  const next = await send(account, device, { type: 'reboot' })
  await eventually(async () => expect((await readNotification(account, next))?.state).toBe('sent'))
  await agent.update()
  await becomes(account, next, { state: 'succeeded' })
  expect(agent.effects.reboots).toBe(1)
})

test('what is canceled before it is confirmed does not happen', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newTablet(account)
  agent.lose(/devicereset\/public\//, 'request')
  const id = await send(account, device, { type: 'wipe' })
  await becomes(account, id, { state: 'sent' })
  await account.call(cancelNotification, { id })
  await agent.update()
  await agent.update()
  expect(agent.effects.resets).toBe(0)
})

test('a wiped device comes back as the same one, even if its confirmation was lost', async () => {
  const account = await platform.newAccount()
  const { agent, device, serial } = await newTablet(account)
  const before = agent.server
  agent.lose(/devicereset\/public\//, 'answer')
  const id = await send(account, device, { type: 'wipe' })
  await eventually(async () => expect((await readNotification(account, id))?.acknowledgedAt).toBeDefined())
  await agent.update()
  await becomes(account, id, { state: 'succeeded' })
  expect((await joined(account, serial)).id).toBe(device.id)
  await eventually(() => expect(agent.server).not.toBe(before))
  expect(agent.effects.resets).toBe(1)
  expect((await fetch(`${before}/rest/notification/polling/${serial}`)).status).toBe(403)
})

test('a device that somebody resets by hand is the same, under a new path', async () => {
  const account = await platform.newAccount()
  const { agent, device, serial } = await newTablet(account)
  await agent.resetByHand()
  await becomes(account, await send(account, device, { type: 'refresh' }), { state: 'succeeded' })
  expect((await joined(account, serial)).id).toBe(device.id)
})

test('a refurbished device leaves the fleet, and resets itself even if the answer was lost', async () => {
  const account = await platform.newAccount()
  const { agent, device, serial } = await newTablet(account, { bootMs: 60_000 })
  agent.lose(/devicereset\/public\//, 'answer')
  await send(account, device, { type: 'refurbish' })
  await eventually(async () => expect((await account.call(listDevices, { serialnumber: serial })).data).toEqual([]))
  // What it was not told by the answer it hears when it asks again.
  void agent.update()
  await eventually(() => expect(agent.effects.resets).toBe(1))
})

test('an app is sent a message once, under a name of its own, and not again when the device comes to another node', async () => {
  const account = await platform.newAccount()
  const node = await platform.addNode()
  const { agent, device } = await newTablet(account)
  await send(account, device, { type: 'application', payload: { text: 'Closing at six' } })
  await send(account, device, { type: 'application', payload: { messageType: 'till', payload: { open: true } } })
  await send(account, device, {
    type: 'application',
    payload: { messageType: 'runCommand', payload: { command: 'id' } },
  })
  await eventually(() => expect(agent.effects.broadcasts).toHaveLength(3))
  expect(agent.effects.broadcasts.sort((a, b) => (a.data ?? '').localeCompare(b.data ?? ''))).toEqual([
    { type: 'com.hmdm.push.mason', data: '{"messageType":"runCommand","payload":{"command":"id"}}' },
    { type: 'com.hmdm.push.till', data: '{"open":true}' },
    { type: 'com.hmdm.push.mason', data: '{"text":"Closing at six"}' },
  ])
  agent.stop()
  const poll = await fetch(`${agent.server.replace(platform.url, node.url)}/rest/notification/polling/x`)
  const { data } = (await poll.json()) as { data: { messageType: string }[] }
  expect(data.map(({ messageType }) => messageType)).toEqual(['runCommand'])
  await node.stop()
})

test('an app is installed, and seen by the name of its version', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent, device } = await newTablet(account, {}, { group: 'tills' })
  for (const code of [7, 8]) await registerApk(account, till, code, `1.${code}`)
  const first = await deployApp(account, 7, { push: true })
  await expectDeployment(platform, account, first, { state: 'finished', devices: { succeeded: 1 } })
  expect(agent.installed(till)).toBe(7)
  expect(agent.effects.downloads).toEqual([`${till}-7-${first}.apk`])
  const { apps, status } = (await account.call(getDevice, { id: device.id })).data[0] ?? {}
  expect(apps).toEqual([{ name: till, version: '7' }])
  expect(status?.appsUpdated).toBe(true)
  const second = await deployApp(account, 8, { push: true })
  await expectDeployment(platform, account, second, { state: 'finished' })
  expect(agent.effects.downloads.at(-1)).toBe(`${till}-8-${second}.apk`)
  // What a person removes comes back when the agent fetches its configuration, as it does every hour.
  agent.removeByHand(till)
  await agent.update()
  expect(agent.installed(till)).toBe(8)
})

test('two polls of one device: the first is answered, and neither tells anything twice', async () => {
  const account = await platform.newAccount()
  const { agent, device } = await newTablet(account)
  const other = await agent.pollTwice()
  await send(account, device, { type: 'application', payload: { text: 'once' } })
  await other.json()
  await becomes(account, await send(account, device, { type: 'refresh' }), { state: 'succeeded' })
  expect(agent.effects.broadcasts.length).toBeLessThanOrEqual(1)
})

test('a device goes on at another node', async () => {
  const account = await platform.newAccount()
  const node = await platform.addNode()
  const { agent, device } = await newTablet(account)
  expect(agent.server.startsWith(platform.url)).toBe(true)
  const elsewhere = agent.server.replace(platform.url, node.url)
  const poll = fetch(`${elsewhere}/rest/notification/polling/x`)
  agent.stop()
  await (await poll).json()
  await send(account, device, { type: 'refresh' })
  await eventually(async () => {
    const next = await fetch(`${elsewhere}/rest/notification/polling/x`)
    const { data } = (await next.json()) as { data: { messageType: string }[] }
    expect(data.map(({ messageType }) => messageType)).toContain('configUpdated')
  })
  await node.stop()
})

test('a token that is unknown is told to whoever holds the device; garbage is refused in the dialect', async () => {
  const account = await platform.newAccount()
  const qr = (await newQr(account)).replace(/enroll_\w+/, `enroll_${'x'.repeat(32)}`)
  const agent = start(qr, { serial: 'R52-UNKNOWN1' })
  await agent.update()
  expect(agent.shown).toBe('error.notfound.device')
  const { agent: known } = await newTablet(account)
  const post = (body: string) => fetch(`${known.server}/rest/public/sync/info`, { method: 'POST', body })
  for (const body of ['', '[]', '"\\u0000"', '{', '{"applications":'.repeat(200)]) {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ status: 'ERROR', message: 'error.internal.server', data: null })
  }
  expect((await post('{"serial":7,"batteryLevel":"x","applications":[null,{"pkg":{}}]}')).status).toBe(200)
  for (const path of ['hw-x', `hw-d${'0'.repeat(32)}${'x'.repeat(43)}`])
    expect((await platform.fetch(`/${path}/rest/notification/polling/1`)).status).toBe(403)
})

test('a token for one agent is none for another', async () => {
  const account = await platform.newAccount()
  const { data } = await account.call(createEnrollment, {})
  const token = data[0]?.token ?? ''
  const answer = await platform.fetch(`/hw-${token}/rest/public/sync/configuration/R52-1`, {
    method: 'POST',
    body: '{}',
  })
  expect(await answer.json()).toMatchObject({ status: 'ERROR', message: 'error.notfound.device' })
})

test('the agent that is known under another number moves to the path of its device', async () => {
  const account = await platform.newAccount()
  const { device, serial, agent } = await newTablet(account)
  agent.stop()
  const qr = JSON.parse(await newQr(account))
  qr['android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE']['com.hmdm.DEVICE_ID'] = 'till-7'
  const again = start(JSON.stringify(qr), { serial })
  await eventually(async () => {
    await again.update()
    expect(again.server).toContain(device.id.replaceAll('-', ''))
  })
  await becomes(account, await send(account, device, { type: 'refresh' }), { state: 'succeeded' })
})

test('an agent of the registry is in the QR code, by a URL that leads to it and the digest of its file', async () => {
  const account = await platform.newAccount()
  await registerApk(account, 'com.hmdm.launcher', 15_360)
  const qr = JSON.parse(
    await newQr(account, { apk: { version: '15360' }, wifi: { ssid: 'shop', password: 'secret-1' } }),
  )
  const extra = 'android.app.extra.PROVISIONING'
  expect(qr).toMatchObject({
    [`${extra}_DEVICE_ADMIN_COMPONENT_NAME`]: 'com.hmdm.launcher/com.hmdm.launcher.AdminReceiver',
    [`${extra}_WIFI_SSID`]: 'shop',
    [`${extra}_WIFI_SECURITY_TYPE`]: 'WPA',
    [`${extra}_LEAVE_ALL_SYSTEM_APPS_ENABLED`]: true,
  })
  const answer = await fetch(qr[`${extra}_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION`])
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('base64url')
  expect(qr[`${extra}_DEVICE_ADMIN_PACKAGE_CHECKSUM`]).toBe(digest)
  const altered = qr[`${extra}_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION`].replace(/.apk$/, 'x.apk')
  expect((await fetch(altered)).status).toBe(403)
})
