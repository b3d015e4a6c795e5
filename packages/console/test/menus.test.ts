import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { axeFaultsInBoth } from './accessibility.ts'
import { phone } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { type Furnished, furnish, visit } from './every-page.ts'

const controller = consoleUnderTest()
let things: Furnished
beforeAll(async () => {
  things = await furnish(controller.platform, controller.account)
})

const menusOf = ({ device, group, iccid, invited }: Furnished): [address: string, button: string | RegExp][] => [
  ['/', /· live|not live/],
  [`/devices/${device}`, 'Command'],
  [`/devices/${device}`, 'More actions'],
  ['/devices', 'Columns'],
  [`/groups/${group}`, 'Command'],
  ['/groups/spare', 'More actions'],
  [`/sims/${iccid}`, 'More actions'],
  ['/users', `Actions for ${invited}`],
]

test('every menu has no fault of accessibility, and gives the focus back', async () => {
  await controller.as(['account:owner'], async (page) => {
    const found: string[] = []
    for (const [address, name] of menusOf(things)) {
      await visit(page, address)
      const button = page.getByRole('button', { name }).first()
      await button.click()
      await page.getByRole('menu').or(page.getByRole('dialog')).first().waitFor()
      found.push(...(await axeFaultsInBoth(page)).map((fault) => `${address} ${name} ${fault}`))
      await page.keyboard.press('Escape')
      await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true)
    }
    expect(found).toEqual([])
  })
})

test('finding a device and the menu of a phone have no fault of accessibility', async () => {
  await controller.as(['account:owner'], async (page) => {
    await page.keyboard.press('Control+k')
    await page.getByLabel('Name, IMEI or serial number').fill('lobby')
    await page.getByRole('dialog').getByText('lobby-1').waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.setViewportSize(phone)
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('dialog', { name: 'Menu' }).waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
  })
})

/** How an element looks that the keyboard has come to. */
const outlineOf = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)

test('the check box of a row shows that the keyboard has come to it', async () => {
  await controller.as(['account:owner'], async (page) => {
    await visit(page, '/devices')
    const box = page.getByRole('checkbox').nth(1)
    await box.waitFor()
    // By the keyboard, for the pointer leaves no trace.
    await page.getByRole('checkbox').first().focus()
    await page.keyboard.press('Tab')
    while (!(await box.evaluate((element) => element === document.activeElement))) await page.keyboard.press('Tab')
    expect(await outlineOf(page)).toBe('solid')
  })
})
