import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { axeFaults } from './accessibility.ts'
import { openPage, phone, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { everyPage, type Furnished, furnish, pagesOfNothing, visit } from './every-page.ts'

const controller = consoleUnderTest()
/** A walk over all pages, on a machine that has much else to do. */
const walkMs = 300_000
const assets = path.resolve(import.meta.dirname, '../dist/assets')
let furnished: Furnished
beforeAll(async () => {
  furnished = await furnish(controller.platform, controller.account)
})

/** Faults of accessibility of a page, of whatever impact, and what is wider than the window. */
async function faultsOf(page: Page, address: string): Promise<string[]> {
  await visit(page, address)
  const found = await axeFaults(page)
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  return [...found, ...(overflow > 0 ? [`${overflow} px too wide`] : [])].map((fault) => `${address} ${fault}`)
}

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark, on a phone', { colorScheme: 'dark', viewport: phone }],
] as const)('every page, %s', (_name, options) => {
  test(
    'has no fault of accessibility, keeps to the policy, and fits the width',
    async () => {
      const { platform, account, browser } = controller
      const { email } = await newUser(platform, account, ['account:owner'])
      const { page, faults } = await openPage(browser, platform.url, options)
      await signIn(page, email, password)
      const found: string[] = []
      for (const address of [...everyPage(furnished), '/sign-in']) found.push(...(await faultsOf(page, address)))
      expect(found).toEqual([])
      expect(faults).toEqual([])
      await page.context().close()
    },
    walkMs,
  )
})

test(
  'every page that says that there is nothing yet has no fault of accessibility either',
  async () => {
    const { platform, browser } = controller
    const { email } = await newUser(platform, await platform.newAccount(), ['account:owner'])
    const { page, faults } = await openPage(browser, platform.url)
    await signIn(page, email, password)
    const found: string[] = []
    for (const address of pagesOfNothing) found.push(...(await faultsOf(page, address)))
    expect(found).toEqual([])
    expect(faults).toEqual([])
    await page.context().close()
  },
  walkMs,
)

test('the page comes with a strict policy, its files for good, and unknown paths stay 404', async () => {
  const { platform } = controller
  const page = await platform.fetch('/devices/some-id')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/^default-src 'none'/)
  expect(policy).not.toContain('unsafe')
  const html = await page.text()
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
  expect(html).toContain(`nonce="${nonce}"`)
  expect((await platform.fetch('/')).headers.get('content-security-policy')).not.toContain(nonce)
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? ''
  const asset = await platform.fetch(script, { headers: { 'accept-encoding': 'br' } })
  expect(asset.headers.get('cache-control')).toContain('immutable')
  expect(asset.headers.get('content-encoding')).toBe('br')
  for (const unknown of ['/nothing', '/v2', '/v1/default/nothing', '/assets/none.js', '/device'])
    expect((await platform.fetch(unknown, { headers: { accept: 'text/html' } })).status, unknown).toBe(404)
})

test('what is loaded first is at most 255 kB of JavaScript', async () => {
  const { platform, browser, account } = controller
  const { email } = await newUser(platform, account, ['account:owner'])
  const { page } = await openPage(browser, platform.url)
  await signIn(page, email, password)
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .flatMap(({ name }) => (name.endsWith('.js') ? [new URL(name).pathname] : [])),
  )
  const known = new Set(readdirSync(assets))
  const bytes = [...new Set(loaded)]
    .map((file) => path.basename(file))
    .filter((file) => known.has(`${file}.gz`))
    .reduce((sum, file) => sum + readFileSync(path.join(assets, `${file}.gz`)).length, 0)
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(255_000)
  await page.context().close()
})
