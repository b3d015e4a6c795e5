import { createGroup, updateGroup } from '@mason/contract/group'
import { expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('the audit trail shows what it was and what it is, from the activity to its entry', async () => {
  const { account } = controller
  await account.call(createGroup, { name: 'tills', description: 'south' })
  await account.call(updateGroup, { name: 'tills', description: 'north' })
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/activity')
    await page
      .getByRole('listitem')
      .filter({ hasText: /tills.*(updated|description)/ })
      .getByRole('link', { name: 'audit entry' })
      .click()
    const entries = page.getByRole('listitem').filter({ has: page.locator('details') })
    await page.getByText('Update group:').waitFor()
    expect(await entries.count()).toBe(1)
    await entries.getByText('Details').click()
    const row = entries.getByRole('row', { name: /description/ })
    expect(await row.getByRole('cell').allInnerTexts()).toEqual(['south', 'north'])
    expect(await axeFaultsInBoth(page, 'main')).toEqual([])
    await page.getByRole('button', { name: 'Of one change' }).click()
    await page.getByText('Create group:').waitFor()
    await page.getByRole('textbox', { name: 'Action' }).fill('createGroup')
    await page.getByText('Update group:').waitFor({ state: 'detached' })
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'CSV' }).click()
    expect((await downloading).suggestedFilename()).toMatch(/^audit-.*\.csv$/)
  })
})

test('an erasure is confirmed by the name of the device, and leaves its entry', async () => {
  const device = await newDevice(controller.platform, controller.account, { name: 'Front desk' })
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${device.id}`)
    await page.getByRole('button', { name: 'More actions' }).first().click()
    await page.getByRole('menuitem', { name: 'Erase all data' }).click()
    const dialog = page.getByRole('dialog')
    const erase = dialog.getByRole('button', { name: 'Erase' })
    expect(await erase.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('Front desk')
    await erase.click()
    await page.getByText('and its data are erased').waitFor()
    await page.goto(`/audit?subject=${device.id}`)
    const entry = page.getByRole('listitem').filter({ hasText: 'Delete device:' })
    await entry.getByText('Details').click()
    await entry.getByRole('row', { name: /erased/ }).waitFor()
  })
})

test('whoever may not read it is not offered it', async () => {
  await controller.as(['fleet:admin'], async (page) => {
    await page.goto('/activity')
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await page.getByRole('link', { name: 'Audit trail' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'audit entry' }).count()).toBe(0)
  })
})
