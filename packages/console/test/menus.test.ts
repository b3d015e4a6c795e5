import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { axeFaultsInBoth } from './accessibility.ts'
import { phone } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { everyMenu, openMenu } from './every-menu.ts'
import { type Furnished, furnish, visit } from './every-page.ts'

const controller = consoleUnderTest()
let things: Furnished
beforeAll(async () => {
  things = await furnish(controller.platform, controller.account)
})

test('every menu is among those that are tried here', () => {
  const source = path.resolve(import.meta.dirname, '../src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'))
  const written = files.filter((file) =>
    /<(Menu|MoreActions|Popover)\b/.test(readFileSync(path.join(source, file), 'utf8')),
  )
  const tried = ['ui/more-actions.tsx', ...everyMenu(things).map(([file]) => file)]
  expect(written.filter((file) => !tried.includes(file))).toEqual([])
})

test('every menu has no fault of accessibility, and gives the focus back', async () => {
  await controller.as(['account:owner'], async (page) => {
    const found: string[] = []
    for (const [, address, name, prepare] of everyMenu(things)) {
      await visit(page, address)
      await prepare?.(page)
      const button = await openMenu(page, name)
      found.push(...(await axeFaultsInBoth(page)).map((fault) => `${address} ${name} ${fault}`))
      await page.keyboard.press('Escape')
      await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true)
    }
    expect(found).toEqual([])
  })
})

test('finding anything and the menu of a phone have no fault of accessibility', async () => {
  await controller.as(['account:owner'], async (page) => {
    await page.keyboard.press('Control+k')
    await page.getByLabel('Name, number or page').fill('lobby')
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
