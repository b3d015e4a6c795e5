import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, phone, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { everyPage, type Furnished, furnish, visit } from './every-page.ts'

const controller = consoleUnderTest()
let things: Furnished
beforeAll(async () => {
  things = await furnish(controller.platform, controller.account)
})

/** Shows pages to an owner in a window of this size. */
async function at(viewport: { width: number; height: number }, work: (page: Page) => Promise<void>): Promise<void> {
  const { platform, account, browser } = controller
  const { email } = await newUser(platform, account, ['account:owner'])
  const { page } = await openPage(browser, platform.url, { viewport })
  await signIn(page, email, password)
  await work(page)
  await page.context().close()
}

test('every tab of a device is in sight on a phone', async () => {
  await at(phone, async (page) => {
    await visit(page, `/devices/${things.device}`)
    const tabs = page.getByRole('tab')
    expect(await tabs.count()).toBe(7)
    for (const tab of await tabs.all()) {
      const box = await tab.boundingBox()
      expect(box?.x).toBeGreaterThanOrEqual(0)
      expect((box?.x ?? 0) + (box?.width ?? 0), await tab.innerText()).toBeLessThanOrEqual(phone.width)
    }
  })
})

test('fields of a roll-out that stand side by side are level', async () => {
  await at({ width: 1440, height: 900 }, async (page) => {
    await visit(page, `/artifacts/apk/${things.app}`)
    await page.getByRole('button', { name: 'Deploy' }).first().click()
    const dialog = page.getByRole('dialog')
    for (const pair of [
      ['Wait after success', 'Failure limit'],
      ['Required successes', 'Step time limit'],
    ]) {
      const boxes = await Promise.all(pair.map((label) => dialog.getByLabel(label).boundingBox()))
      expect(new Set(boxes.map((box) => box?.y)).size, pair.join()).toBe(1)
      expect(new Set(boxes.map((box) => box?.width)).size, pair.join()).toBe(1)
    }
  })
})

test.each([
  ['a phone', phone],
  ['a tablet', { width: 820, height: 1180 }],
  ['a desktop', { width: 1440, height: 900 }],
])('every choice of a filter is read in full on %s', async (_name, viewport) => {
  await at(viewport, async (page) => {
    for (const address of ['/devices', '/sims', '/commands', '/artifacts', '/activity']) {
      await visit(page, address)
      const lists = page.getByRole('search').locator('select')
      await lists.first().waitFor()
      const cut = await lists.evaluateAll((elements) =>
        (elements as HTMLSelectElement[]).flatMap((list) => {
          const style = getComputedStyle(list)
          const room = list.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight)
          const pen = document.createElement('canvas').getContext('2d')
          if (!pen) throw new Error('no canvas')
          pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
          return [...list.options].map(({ text }) => text).filter((text) => pen.measureText(text).width > room + 1)
        }),
      )
      expect(cut, address).toEqual([])
    }
  })
})

test('the tree of scopes begins at its top, and is read line by line', async () => {
  await at(phone, async (page) => {
    await visit(page, '/keys')
    await page.getByRole('button', { name: 'New key' }).click()
    const frame = await page.getByRole('group', { name: 'Scopes' }).boundingBox()
    const first = await page.getByRole('checkbox', { name: 'account:owner' }).boundingBox()
    expect(first?.y).toBeGreaterThanOrEqual(frame?.y ?? 0)
    const tops = await page
      .getByRole('dialog')
      .getByRole('checkbox')
      .evaluateAll((boxes) => boxes.map((box) => box.getBoundingClientRect().top))
    expect(tops).toEqual(tops.toSorted((one, other) => one - other))
  })
})

test('what is on its way is drawn where it will be, not at the edge', async () => {
  await at({ width: 1440, height: 900 }, async (page) => {
    // Nothing that the page asks for comes.
    await page.route(/\/v1\/default\//, () => {})
    const edges: Record<string, number> = {}
    for (const address of everyPage(things).filter((one) => one !== '/profile' && one !== '/nowhere')) {
      await page.goto(address)
      await page.getByRole('heading', { level: 1 }).waitFor()
      // All in one look: what goes meanwhile would have no place.
      const found = await page.locator('#main').evaluate((main) =>
        [...main.querySelectorAll('[aria-busy=true]')].map((element) => {
          const panel = element.closest('section, [class*=frame]') ?? element.parentElement
          const [line = element] = element.children
          return line.getBoundingClientRect().left - (panel?.getBoundingClientRect().left ?? 0)
        }),
      )
      if (found.length > 0) edges[address] = Math.min(...found)
    }
    expect(Object.keys(edges).length).toBeGreaterThan(15)
    for (const [address, edge] of Object.entries(edges)) expect(edge, address).toBeGreaterThanOrEqual(12)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })
})

test('who is signed in stays in sight in a low window', async () => {
  await at({ width: 1280, height: 600 }, async (page) => {
    await visit(page, '/')
    const box = await page.getByRole('button', { name: /· live|not live/ }).boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(600)
    await page.getByRole('link', { name: 'Nodes' }).click()
    await page.getByRole('heading', { name: 'Nodes', level: 1 }).waitFor()
  })
})
