import { listDeployments } from '@mason/contract/deployment'
import { listDevices, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { registerApk } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import { consoleUnderTest } from './console.ts'

// What people do often takes few clicks, however many devices it is about.

const controller = consoleUnderTest()
const till = 'com.acme.till'
const serialOf = (number: number) => `MSN-${String(number).padStart(6, '0')}`

beforeAll(async () => {
  const { platform, account } = controller
  for (const name of ['tills', 'spare']) await account.call(createGroup, { name })
  for (const [number, city, version] of [
    [1, 'Lyon', '3.1'],
    [2, 'Lyon', '3.10'],
    [3, 'Nice', '3.1'],
  ] as const) {
    const device = await newDevice(platform, account, { group: 'tills', serialnumber: serialOf(number) })
    await device.checkIn({ bootId: 'boot-1', apps: [{ name: till, version }] })
    await account.call(updateDevice, { id: device.id, labels: { city } })
  }
  // The others are copies of the first.
  await platform.database.pool.query(
    `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, boot_id)
     SELECT account_id, new_id(), 'Copy ' || n, 'MSN-' || lpad(n::text, 6, '0'), family, group_name, 'none', 'boot'
     FROM device, generate_series(4, 500) AS n WHERE account_id = $1 AND serialnumber = $2`,
    [account.accountId, serialOf(1)],
  )
  await registerApk(account, till, 32)
}, 60_000)

/** Counts the clicks of a person, those of the keyboard not among them. */
async function countClicks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { clicks: number }
    counted.clicks = 0
    window.addEventListener('pointerdown', () => counted.clicks++, true)
  })
  return () => page.evaluate(() => (window as unknown as { clicks: number }).clicks)
}

test('500 pasted serial numbers are moved to a group in 5 clicks', async () => {
  const { account } = controller
  await controller.as(['fleet:manager'], async (page) => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    const clicks = await countClicks(page)
    await page.getByRole('button', { name: 'Paste a list' }).click()
    const numbers = Array.from({ length: 500 }, (_, index) => serialOf(index + 1))
    await page.getByRole('dialog').getByRole('textbox').fill(numbers.join('\n'))
    await page.getByRole('button', { name: 'Select', exact: true }).click()
    await page.getByText('500 devices selected').waitFor()
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByRole('option', { name: /^spare/ }).click()
    await page.getByRole('button', { name: 'Move 500 devices' }).click()
    await page.getByText(/^500 devices changed/).waitFor()
    expect(await clicks()).toBeLessThanOrEqual(5)
  })
  expect((await account.call(listDevices, { group: 'spare', limit: 1_000 })).data).toHaveLength(500)
})

test('from all tills in Lyon below a version to their update tonight in 8 clicks', async () => {
  const { account } = controller
  const filter = `label.city==Lyon and app.${till}<3.2`
  await controller.as(['fleet:manager', 'fleet:deploy', 'registry:read'], async (page) => {
    await page.getByRole('link', { name: 'Devices', exact: true }).click()
    const clicks = await countClicks(page)
    await page.getByRole('combobox', { name: 'Filter', exact: true }).click()
    await page.getByRole('combobox', { name: 'Filter', exact: true }).fill(filter)
    await page.getByText('1 device', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('This affects 1 device.').waitFor()
    await dialog.getByRole('combobox', { name: 'App and version' }).click()
    await page.getByRole('option', { name: /^com.acme.till .*32/ }).click()
    await dialog.getByRole('combobox', { name: 'Hours' }).click()
    await page.getByRole('option', { name: 'Only at certain hours' }).click()
    await dialog.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('heading', { name: `${till} 32` }).waitFor()
    await page.getByRole('link', { name: filter }).waitFor()
    expect(await clicks()).toBeLessThanOrEqual(8)
  })
  expect((await account.call(listDeployments)).data).toMatchObject([
    { filter, name: till, version: '32', window: { from: '22:00', to: '05:00', timezone: 'device' } },
  ])
})

test('from the digits on a label to its device without a click', async () => {
  await controller.as(['fleet:read'], async (page) => {
    const clicks = await countClicks(page)
    await page.keyboard.press('Control+k')
    await page.getByLabel('Name, number or page').fill('0427')
    await page.getByRole('dialog').getByText('Copy 427').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Copy 427' }).waitFor()
    expect(await clicks()).toBe(0)
  })
})
