import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SimulatedFleet, simulate } from '../../../seed/simulator.ts'
import { registerApk } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
/** More than a page of the API holds. */
const fleetSize = 1200
let fleet: SimulatedFleet

beforeAll(async () => {
  const { data } = await controller.account.call(createEnrollment, {})
  fleet = await simulate({
    server: controller.platform.url,
    token: data[0]?.token ?? '',
    devices: fleetSize,
    intervalSeconds: 600,
    flags: ['--boot-seconds', '1'],
  })
}, 180_000)
afterAll(() => fleet?.stop())

test('a key is made, shown once, and works', async () => {
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'API keys' }).click()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Nightly report')
    await page.getByRole('checkbox', { name: 'fleet:manager' }).check()
    expect(await page.getByRole('checkbox', { name: 'fleet:read' }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Create key' }).click()
    const line = await page.locator('pre', { hasText: 'curl' }).innerText()
    const key = /basic (mason_\w+)/.exec(line)?.[1] ?? ''
    const url = /"(http[^"]+)"/.exec(line)?.[1] ?? ''
    const answer = await fetch(url, { headers: { authorization: `basic ${key}` } })
    expect(answer.status).toBe(200)
    expect((await answer.json()).data).toHaveLength(5)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('Nightly report').waitFor()
    expect(await page.content()).not.toContain(key)
  })
})

test('one of many devices is found by its IMEI and rebooted, and seen to have done it', async () => {
  const { data } = await controller.account.call(listDevices, { limit: 1000 })
  const device = data.filter(({ imei }) => imei).at(-1)
  await controller.as(['fleet:read', 'notify:reboot'], async (page) => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    await page.getByRole('row').nth(10).waitFor()
    await page.getByLabel('Search by name, IMEI or serial number').fill(device?.imei ?? '')
    await expect.poll(() => page.locator('tbody [type=checkbox]').count(), { timeout: 15_000 }).toBe(1)
    await page.getByRole('link', { name: device?.name ?? '', exact: true }).click()
    await page.getByRole('button', { name: 'Command' }).click()
    await page.getByRole('menuitem', { name: 'Reboot' }).click()
    await page.getByRole('button', { name: 'Reboot 1 device' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Reboot' }).getByText('succeeded').waitFor()
  })
})

test('a wipe of a selection asks for the word, counts, and shows its progress', async () => {
  await controller.as(['fleet:read', 'notify:wipe'], async (page) => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    for (const index of [1, 2, 3]) await page.getByRole('checkbox').nth(index).check()
    await page.getByText('3 devices selected').waitFor()
    await page.getByRole('button', { name: 'Command' }).click()
    await page.getByRole('menuitem', { name: 'Wipe' }).click()
    const send = page.getByRole('button', { name: 'Wipe 3 devices' })
    await page.getByText('This affects 3 devices and cannot be undone.').waitFor()
    expect(await send.isDisabled()).toBe(true)
    await page.getByLabel('Type wipe to confirm').fill('wipe')
    await send.click()
    await page.getByRole('heading', { name: 'Wipe: 3 devices' }).waitFor()
    await page.getByRole('button', { name: '3 succeeded' }).waitFor({ timeout: 60_000 })
  })
})

test('all that match are counted by the server before anything is sent', async () => {
  await controller.as(['fleet:read', 'notify:shutdown'], async (page) => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    await page.getByLabel('Select all shown').check()
    await page.getByRole('button', { name: /Select all .*matching/ }).click()
    await page.getByRole('button', { name: 'Command' }).click()
    await page.getByRole('menuitem', { name: 'Shut down' }).click()
    await page.getByText(/This affects 1,2\d\d devices/).waitFor()
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  })
})

test('a group is made, devices are moved to it, and an app is deployed', async () => {
  const { account } = controller
  await registerApk(account, 'com.example.kiosk', 7)
  await controller.as(['fleet:admin', 'registry:read'], async (page) => {
    await page.getByRole('link', { name: 'Groups', exact: true }).click()
    await page.getByRole('button', { name: 'New group' }).click()
    await page.getByLabel('Name', { exact: true }).fill('not a name')
    await page.getByText('Only letters, digits, - and _', { exact: true }).waitFor()
    await page.getByLabel('Name', { exact: true }).fill('lobby')
    await page.getByRole('button', { name: 'Create group' }).click()
    await page.getByRole('heading', { name: 'lobby' }).waitFor()

    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    for (const index of [5, 6]) await page.getByRole('checkbox').nth(index).check()
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByRole('combobox', { name: 'Move to group' }).click()
    await page.getByRole('option', { name: /^lobby/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Move 2 devices' }).click()
    await page.getByText('2 devices changed').waitFor()
    expect((await account.call(listDevices, { group: 'lobby' })).data).toHaveLength(2)

    await page.goto('/groups/lobby')
    await page.getByRole('button', { name: 'Deploy' }).click()
    await page.getByRole('combobox', { name: 'Type' }).click()
    await page.getByRole('option', { name: 'App', exact: true }).click()
    await page.getByRole('combobox', { name: 'App and version' }).click()
    await page.getByRole('option', { name: /com\.example\.kiosk/ }).click()
    await page.getByText('This affects 2 devices.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).click()
    await page.getByRole('heading', { name: 'com.example.kiosk 7' }).waitFor()
    await page.getByText('step 1 of 3').or(page.getByText('step 0 of 3')).first().waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused').first().waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('running').first().waitFor()
  })
})

test('a new token says what its QR code lacks, and who has enrolled', async () => {
  const { account, platform } = controller
  await account.call(createGroup, { name: 'front-desk' })
  await controller.as(['fleet:admin'], async (page) => {
    await page.getByRole('link', { name: 'Enrollment' }).click()
    await page.getByRole('button', { name: 'New token' }).first().click()
    await page.getByLabel('Note').fill('The front desk')
    await page.getByRole('button', { name: 'Create token' }).click()
    const line = await page.locator('pre', { hasText: 'mason-agent.tgz' }).innerText()
    expect(line).toMatch(
      /^sudo npm install -g http\S+\/agent\/mason-agent\.tgz && sudo mason-agent install --server http/,
    )
    await page.getByRole('tab', { name: 'Android' }).click()
    await page.getByText('Set ANDROID_AGENT_URL and ANDROID_AGENT_CHECKSUM on the server').waitFor()
    const token = await page.locator('pre', { hasText: /^enroll_/ }).innerText()
    await newDevice(platform, account, { token, name: 'reception-1' })
    await page.getByRole('status').getByRole('link', { name: 'reception-1' }).waitFor()
    await page.getByText('1 device enrolled').waitFor()
    await page.getByRole('tab', { name: 'Simulated devices' }).click()
    const button = await page.getByRole('button', { name: 'Copy simulator command' }).boundingBox()
    expect((button?.x ?? 0) + (button?.width ?? 0)).toBeLessThan(page.viewportSize()?.width ?? 0)
  })
})
