import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { listSims, registerSim } from '@mason/contract/sim'
import { listViews } from '@mason/contract/view'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../server/test/factories.ts'
import { newIccid } from '../../server/test/unique.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const size = 12
let devices: TestDevice[]
const serialOf = (index: number) => `MSN-D450-0000${4270 + index}`

beforeAll(async () => {
  const { platform, account } = controller
  for (const name of ['lobby', 'docks']) await account.call(createGroup, { name })
  devices = []
  for (let index = 0; index < size; index++) {
    const device = await newDevice(platform, account, { name: `Till ${index}`, serialnumber: serialOf(index) })
    await device.checkIn({ bootId: 'boot-1', battery: { level: String(index * 5) } })
    devices.push(device)
  }
}, 60_000)

const rows = (page: Page) => page.locator('tbody tr[aria-rowindex]')
const names = async (page: Page) => page.locator('tbody td:nth-child(2)').allInnerTexts()

test('from the last digits of a label to its device, and to pages by their names', async () => {
  await controller.as(['fleet:read'], async (page) => {
    await page.keyboard.press('Control+k')
    await page.getByLabel('Name, number or page').fill('4277')
    await page.getByRole('dialog').getByText('Till 7').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Till 7' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByLabel('Name, number or page').fill('activ')
    await page.getByRole('dialog').getByText('Page', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Activity' }).waitFor()
  })
})

test('a pasted list is moved to a group by a job', async () => {
  const { account } = controller
  await controller.as(['fleet:manager'], async (page) => {
    await page.goto('/devices')
    await page.getByRole('button', { name: 'Paste a list' }).click()
    await page
      .getByRole('dialog')
      .getByRole('textbox')
      .fill(`${serialOf(1)}\n${serialOf(2).toLowerCase()}; nothing`)
    await page.getByRole('button', { name: 'Select', exact: true }).click()
    await page.getByText('1 entry without a device of its own: nothing').waitFor()
    await page.getByRole('button', { name: 'Select the other 2 devices' }).click()
    await page.getByText('2 devices selected').waitFor()
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByRole('option', { name: /^docks/ }).click()
    await page.getByRole('button', { name: 'Move 2 devices' }).click()
    await page.getByRole('heading', { name: 'Change of devices' }).waitFor()
    await page.getByText('2 devices changed').waitFor()
    await page.getByText('succeeded').waitFor()
  })
  const { data } = await account.call(listDevices, { group: 'docks' })
  expect(data.map(({ serialnumber }) => serialnumber)).toEqual([serialOf(1), serialOf(2)])
})

test('the filter language filters the table and says where it is wrong; columns sort it; the total is said', async () => {
  await controller.as(['fleet:read'], async (page) => {
    await page.goto('/devices')
    await page.getByText(`${size} devices`, { exact: true }).waitFor()
    const field = page.getByRole('combobox', { name: 'Filter', exact: true })
    await field.fill('battery.level<low')
    await page.getByText('Position 15: expected a number').waitFor()
    await field.fill('batt')
    await page.getByRole('option', { name: 'battery.level' }).click()
    await field.pressSequentially('<15')
    await page.getByText('3 devices', { exact: true }).waitFor()
    expect(await names(page)).toEqual(['Till 0', 'Till 1', 'Till 2'])
    await page.getByRole('button', { name: 'Name', exact: true }).click()
    await page.getByRole('columnheader', { name: 'Name' }).and(page.locator('[aria-sort=ascending]')).waitFor()
    await page.getByRole('button', { name: 'Name', exact: true }).click()
    await expect.poll(() => names(page)).toEqual(['Till 2', 'Till 1', 'Till 0'])
    expect(new URL(page.url()).searchParams.get('sort')).toBe('-name')
  })
})

test('a range is chosen with the Shift key, labeled, and the filter stays', async () => {
  const { account } = controller
  await controller.as(['fleet:manager'], async (page) => {
    await page.goto('/devices?family=D450')
    await rows(page)
      .nth(size - 1)
      .waitFor()
    await page.getByRole('checkbox', { name: 'Select Till 4' }).click()
    await page.getByRole('checkbox', { name: 'Select Till 8' }).click({ modifiers: ['Shift'] })
    await page.getByText('5 devices selected').waitFor()
    expect(await page.getByLabel('Family').inputValue()).toBe('D450')
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('menuitem', { name: 'Labels' }).click()
    await page.getByLabel('Key').fill('store')
    await page.getByLabel('Value').fill('12')
    await page.getByRole('button', { name: 'Label 5 devices' }).click()
    await page.getByText('5 devices changed').waitFor()
  })
  const { data } = await account.call(listDevices, { filter: 'label.store==12' })
  expect(data.map(({ name }) => name)).toEqual([4, 5, 6, 7, 8].map((index) => `Till ${index}`))
})

test('a view is saved, shown in the menu with its count, and opens the table as it was', async () => {
  const { account } = controller
  await controller.as(['fleet:manager'], async (page) => {
    await page.goto('/devices?family=D450&filter=battery.level>50')
    await page.getByRole('button', { name: 'Save view' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Full')
    await page.getByLabel('Share with everyone in the account').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    const link = page.getByRole('navigation').getByRole('link', { name: /^Full/ })
    await link.getByText('1', { exact: true }).waitFor()
    await page.goto('/groups')
    await link.click()
    await page.getByText('1 device', { exact: true }).waitFor()
  })
  const { data } = await account.call(listViews, {})
  expect(data).toMatchObject([{ name: 'Full', filter: 'family=="D450" and battery.level>50', shared: true }])
})

test('a file of devices is checked, imported, and its refused lines are shown', async () => {
  const { account } = controller
  await controller.as(['fleet:manager'], async (page) => {
    await page.goto('/devices')
    await page.getByRole('button', { name: 'Import' }).click()
    const csv = `serialnumber,notes\n${serialOf(9)},cable\nSN-nowhere,x`
    await page
      .getByRole('dialog')
      .locator('input[type=file]')
      .setInputFiles({ name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await page.getByRole('button', { name: 'Check only' }).click()
    await page.getByText('1 line would be changed, 1 refused.').waitFor()
    await page.getByText('There is no device with the serialnumber SN-nowhere').waitFor()
    expect((await account.call(getDevice, { id: devices[9]?.id ?? '' })).data[0]?.notes).toBeUndefined()
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByRole('heading', { name: 'Import of devices' }).waitFor()
    await page.getByText('1 line changed, 1 refused').waitFor()
    await page.getByText('Line 3').waitFor()
    const saving = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download as CSV' }).click()
    expect((await saving).suggestedFilename()).toMatch(/^rejected-.*\.csv$/)
    await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
    await page.getByRole('link', { name: 'Import of devices, dry run' }).waitFor()
  })
  expect((await account.call(getDevice, { id: devices[9]?.id ?? '' })).data[0]?.notes).toBe('cable')
})

test('SIMs are chosen, activated, limited and marked', async () => {
  const { account } = controller
  for (let index = 0; index < 3; index++) await account.call(registerSim, { iccid: newIccid(), name: `Box ${index}` })
  await account.call(updateDevice, { id: devices[0]?.id ?? '', notes: 'x' })
  await controller.as(['connect:admin'], async (page) => {
    await page.goto('/sims')
    const change = async (open: () => Promise<void>, button: string) => {
      await page.goto('/sims?filter=name==Box*')
      await rows(page).nth(2).waitFor()
      await page.getByLabel('Select all shown').check()
      await open()
      await page.getByRole('dialog').getByRole('button', { name: button }).click()
      await page.getByText('3 SIMs changed').waitFor()
    }
    await change(async () => {
      await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'State', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Activate', exact: true }).click()
    }, 'Activate 3 SIMs')
    await change(async () => {
      await page.getByRole('button', { name: 'Limit', exact: true }).click()
      await page.getByLabel('Megabytes').fill('50')
    }, 'Limit 3 SIMs')
    await change(async () => {
      await page.getByRole('button', { name: 'Markers' }).click()
      await page.getByLabel('Key').fill('customer')
      await page.getByLabel('Value').fill('acme')
    }, 'Mark 3 SIMs')
  })
  const { data } = await account.call(listSims, { marker: 'customer:acme' })
  expect(data).toHaveLength(3)
  for (const sim of data) expect(sim).toMatchObject({ state: 'active', dataLimit: { bytes: 50_000_000 } })
})
