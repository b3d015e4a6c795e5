import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { makeJob } from '../../server/test/makers.ts'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, phone, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { everyPage, type Furnished, visit } from './every-page.ts'
import { formCases } from './form-cases.ts'
import { furnishLongest } from './longest-names.ts'

const controller = consoleUnderTest()
let things: Furnished
beforeAll(async () => {
  things = await furnishLongest(controller.platform, controller.account)
}, 60_000)

/** What stands out of the window and cannot be scrolled to. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const isScrolled = (element: Element): boolean => {
      const { overflowX } = getComputedStyle(element)
      if (overflowX !== 'visible') return true
      return element.parentElement !== null && isScrolled(element.parentElement)
    }
    return [...document.querySelectorAll('#main *')]
      .filter((element) => {
        const { right, width } = element.getBoundingClientRect()
        return width > 0 && right > window.innerWidth + 1 && !isScrolled(element)
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 120))
  })

test.each([
  ['a phone', phone],
  ['a tablet', { width: 820, height: 1180 }],
  ['a desktop', { width: 1440, height: 900 }],
])('the longest names fit on every page of %s', async (_name, viewport) => {
  const { platform, account, browser } = controller
  const { email } = await newUser(platform, account, ['account:owner'])
  const { page } = await openPage(browser, platform.url, { viewport })
  await signIn(page, email, password)
  for (const address of [...everyPage(things), '/usage?marker=customer']) {
    await visit(page, address)
    expect(await cutOff(page), address).toEqual([])
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(tooWide, address).toBeLessThanOrEqual(0)
  }
  await page.context().close()
})

test('the longest names fit in every dialog of a phone, and its cross stays in sight', async () => {
  const { platform, account, browser } = controller
  const { email } = await newUser(platform, account, ['account:owner'])
  const { page } = await openPage(browser, platform.url, { viewport: phone })
  await signIn(page, email, password)
  // Of the job that has long names, nothing is left to cancel.
  const there = { ...things, job: await makeJob(platform, account) }
  for (const { about, at, open, isInMenu = false } of formCases) {
    // The menu of a phone is a dialog by itself.
    if (!open || isInMenu) continue
    await visit(page, at(there))
    await open(page, there)
    const cross = await page.getByRole('dialog').getByRole('button', { name: 'Close' }).boundingBox()
    expect((cross?.x ?? Infinity) + (cross?.width ?? 0), about).toBeLessThanOrEqual(phone.width)
    const wide = await page
      .getByRole('dialog')
      .locator('h2, p, label, b')
      .evaluateAll((elements) =>
        elements
          .filter((one) => {
            const edge = one.closest('[role=dialog]')?.getBoundingClientRect().right ?? 0
            const isWide = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
            return isWide || one.getBoundingClientRect().right > edge
          })
          .map((one) => one.outerHTML),
      )
    expect(wide, about).toEqual([])
    await page.keyboard.press('Escape')
  }
  await page.context().close()
}, 240_000)
