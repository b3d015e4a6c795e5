import { readFile } from 'node:fs/promises'
import { createGroup, updateGroup } from '@mason/contract/group'
import { inviteUser } from '@mason/contract/user'
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

test('all that is kept of a device and of a user is downloaded, and a user is erased by their typed address', async () => {
  const { platform, account } = controller
  const device = await newDevice(platform, account, { name: 'Back door' })
  await account.call(inviteUser, { email: 'grace@example.com', scopes: ['fleet:read'] })
  await controller.as(['account:owner'], async (page) => {
    const linesOf = async (choose: () => Promise<void>) => {
      const downloading = page.waitForEvent('download')
      await choose()
      const lines = (await readFile(await (await downloading).path(), 'utf8')).trim().split('\n')
      return lines.map((line) => JSON.parse(line).kind as string)
    }
    await page.goto(`/devices/${device.id}`)
    await page.getByRole('button', { name: 'More actions' }).first().click()
    const ofDevice = await linesOf(() => page.getByRole('menuitem', { name: 'Download all data' }).click())
    expect(ofDevice).toEqual(expect.arrayContaining(['device', 'event']))

    await page.goto('/users')
    const act = async (name: string) => {
      await page.getByRole('button', { name: 'Actions for grace@example.com' }).click()
      await page.getByRole('menuitem', { name }).click()
    }
    expect(await linesOf(() => act('Download all data'))).toContain('user')
    await act('Erase all data')
    const dialog = page.getByRole('dialog')
    const erase = dialog.getByRole('button', { name: 'Erase' })
    expect(await erase.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('grace@example.com')
    await erase.click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('grace@example.com').waitFor({ state: 'detached' })
    await page.goto('/audit?action=deleteUser')
    await page.getByText('Delete user:').waitFor()
    expect(await page.locator('#main').innerText()).not.toContain('grace@')
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
