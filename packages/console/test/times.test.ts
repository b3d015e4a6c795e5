import { listDeployments } from '@mason/contract/deployment'
import { createGroup } from '@mason/contract/group'
import { listNotifications } from '@mason/contract/notification'
import { momentOf } from '@mason/contract/window'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { registerApk } from '../../server/test/artifacts.ts'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const till = 'com.example.till'
let device: string

beforeAll(async () => {
  const { platform, account } = controller
  for (const name of ['shops', 'vans']) await account.call(createGroup, { name })
  const reported = async (group: string, version: string) => {
    const made = await newDevice(platform, account, { group, name: `${group}-${version}` })
    await made.checkIn({ bootId: 'boot-1', timezone: 'Europe/Paris', apps: [{ name: till, version }] })
    return made.id
  }
  device = await reported('shops', '9')
  await reported('shops', '10')
  await reported('vans', '2')
  for (const version of [9, 12]) await registerApk(account, till, version)
}, 60_000)

/** Does something on the profile page, which is saved at once. */
async function choose(page: Page, act: () => Promise<void>): Promise<void> {
  const saved = page.waitForResponse((answer) => answer.url().endsWith('/auth/preferences') && answer.ok())
  await act()
  await saved
}

async function chooseTokyo(page: Page): Promise<void> {
  await page.goto('/profile')
  await page.getByRole('combobox', { name: 'Time zone' }).click()
  await page.getByRole('combobox', { name: 'Time zone' }).fill('Tokyo')
  await choose(page, () => page.getByRole('option', { name: 'Asia/Tokyo' }).click())
}

test('somebody is told of times in the zone and by the clock that they choose', async () => {
  await controller.as(['fleet:read'], async (page) => {
    const exact = async () => {
      await page.goto(`/devices/${device}`)
      await page.getByText('Europe/Paris').waitFor()
      await page.locator('dd time').first().hover()
      return page.getByRole('tooltip').innerText()
    }
    expect(await exact()).toMatch(/ \d\d:\d\d:\d\d (UTC|GMT)/)
    await chooseTokyo(page)
    await choose(page, () => page.getByLabel('12 hours, such as 3:00 pm').check())
    expect(await axeFaultsInBoth(page)).toEqual([])
    expect(await exact()).toMatch(/ \d{1,2}:\d\d:\d\d (am|pm) GMT\+9/)
    await page.goto('/profile')
    expect(await page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Asia/Tokyo')
    expect(await page.getByLabel('12 hours, such as 3:00 pm').isChecked()).toBe(true)
  })
})

test('a command is sent for certain hours, and not before a time in the zone of whoever sends it', async () => {
  await controller.as(['fleet:read', 'notify:refresh'], async (page) => {
    await chooseTokyo(page)
    await page.goto(`/devices/${device}`)
    await page.getByRole('button', { name: 'Command' }).click()
    await page.getByRole('menuitem', { name: 'Refresh' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Hours' }).click()
    await page.getByRole('option', { name: 'Only at certain hours' }).click()
    await dialog.getByText('Sat', { exact: true }).click()
    const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
    await dialog.getByLabel('Not before').fill(`${day}T09:30`)
    expect(await axeFaultsInBoth(page)).toEqual([])
    await dialog.getByRole('button', { name: /1 device$/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    const { data } = await controller.account.call(listNotifications, { device })
    expect(data[0]).toMatchObject({
      type: 'refresh',
      notBefore: new Date(momentOf(`${day}T09:30`, 'Asia/Tokyo') ?? 0).toISOString(),
      window: { from: '22:00', to: '05:00', days: ['sat'], timezone: 'device' },
    })
  })
})

test('the apps page shows where which version is, and one button updates all that are behind', async () => {
  await controller.as(['fleet:read', 'fleet:deploy', 'registry:read'], async (page) => {
    await page.getByRole('link', { name: 'Apps', exact: true }).click()
    await page.getByRole('link', { name: till }).click()
    await page.getByText('3 devices', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Update 3 devices' }).click()
    const dialog = page.getByRole('dialog', { name: `Deploy ${till} 12` })
    await dialog.getByText('This affects 3 devices').waitFor()
    await dialog.getByRole('button', { name: 'Deploy', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    const { data } = await controller.account.call(listDeployments, {})
    expect(data).toMatchObject([{ filter: `app.${till}<"12"`, name: till, version: '12' }])
  })
})

test('where no device is behind, no update is offered', async () => {
  const { platform, account } = controller
  const { checkIn } = await newDevice(platform, account, { group: 'vans' })
  await checkIn({ bootId: 'boot-1', apps: [{ name: 'com.example.menu', version: '3.10' }] })
  await controller.as(['fleet:read', 'fleet:deploy', 'registry:read'], async (page) => {
    await eventually(async () => {
      await page.goto('/apps/com.example.menu')
      await page.getByText('No device is behind').waitFor({ timeout: 5_000 })
    })
    expect(await page.getByRole('button', { name: /^Update/ }).count()).toBe(0)
  })
})
