import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { registerSim } from '@mason/contract/sim'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { newPerson, password } from '../../server/test/people.ts'
import { openPage, phone, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const assets = path.resolve(import.meta.dirname, '../dist/assets')
const iccid = '898830300000061422'

const pages = [
  '/',
  '/devices',
  '/groups',
  '/groups/unassigned',
  '/commands',
  '/enrolment',
  '/activity',
  '/sims',
  `/sims/${iccid}`,
  '/usage',
  '/plan',
  '/exports',
  '/artifacts',
  '/projects',
  '/deployments',
  '/keys',
  '/users',
  '/profile',
]

/** Serious faults of accessibility of a page, and what is wider than the window. */
async function faultsOf(page: Page, address: string): Promise<string[]> {
  await page.goto(address === '/nowhere' ? '/devices/nowhere/at/all' : address)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  // By the protocol, to which the page's policy does not apply.
  await page.evaluate(axe.source)
  const serious = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
    })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  return [
    ...serious.map((fault) => `${address} ${fault}`),
    ...(overflow > 0 ? [`${address} is ${overflow} px too wide`] : []),
  ]
}

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark, on a phone', { colorScheme: 'dark', viewport: phone }],
] as const)('every page, %s', (_name, options) => {
  test('has no serious fault of accessibility, keeps to the policy, and fits the width', async () => {
    const { platform, account, browser } = controller
    const { id } = await newDevice(platform, account)
    await account.call(registerSim, { iccid }).catch(() => {})
    const { email } = await newPerson(platform, account, ['account:owner'])
    const { page, faults } = await openPage(browser, platform.url, options)
    await signIn(page, email, password)
    const found: string[] = []
    for (const address of [...pages, `/devices/${id}`, `/devices/${id}?tab=location`, '/nowhere', '/sign-in'])
      found.push(...(await faultsOf(page, address)))
    expect(found).toEqual([])
    expect(faults).toEqual([])
    await page.context().close()
  }, 120_000)
})

test('what says that there is nothing yet has no serious fault either', async () => {
  const { platform, browser } = controller
  const { email } = await newPerson(platform, await platform.newAccount(), ['account:owner'])
  const { page, faults } = await openPage(browser, platform.url)
  await signIn(page, email, password)
  const found: string[] = []
  for (const address of ['/', '/devices', '/enrolment', '/sims', '/artifacts', '/deployments'])
    found.push(...(await faultsOf(page, address)))
  expect(found).toEqual([])
  expect(faults).toEqual([])
  await page.context().close()
})

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

test('what is loaded first is at most 250 kB of JavaScript', async () => {
  const { platform, browser, account } = controller
  const { email } = await newPerson(platform, account, ['account:owner'])
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
  expect(bytes).toBeLessThan(250_000)
  await page.context().close()
})
