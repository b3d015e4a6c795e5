import { createApiKey } from '@mason/contract/apikey'
import { updateDevice } from '@mason/contract/device'
import type { Page, Request } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { newUser, password } from '../../server/test/users.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { visit } from './every-page.ts'
import { type Line, layLine } from './line.ts'

const controller = consoleUnderTest()
let device: string
let line: Line
beforeAll(async () => {
  device = (await newDevice(controller.platform, controller.account, { name: 'till-1' })).id
  line = await layLine(controller.platform.url)
})

async function asOwner(work: (page: Page, email: string) => Promise<void>, origin = controller.platform.url) {
  const { email } = await newUser(controller.platform, controller.account, ['account:owner'])
  const { page } = await openPage(controller.browser, origin)
  try {
    await signIn(page, email, password)
    await work(page, email)
  } finally {
    await page.context().close()
  }
}

async function typeNewKey(page: Page): Promise<void> {
  await visit(page, '/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Nightly report')
  await page.getByRole('checkbox', { name: 'fleet:read' }).check()
}

async function signInAgain(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor({ state: 'detached' })
}

test('a session that ends inside a form leads to signing in, and back to what was typed', async () => {
  await asOwner(async (page) => {
    await typeNewKey(page)
    await page.context().clearCookies()
    // Another read may tell of the end before the pointer is there.
    await page.getByRole('button', { name: 'Create key' }).evaluate((button: HTMLButtonElement) => button.click())
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await axeFaultsInBoth(page, '[aria-label="Sign in"]')).toEqual([])
    await signInAgain(page)
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Nightly report')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Your new key').waitFor()
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
    await page.keyboard.press('Escape')
    await page.mouse.click(4, 4)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('Nightly report').waitFor()
  })
})

test('a read that tells of the end does not take away what was typed either', async () => {
  await asOwner(async (page) => {
    await typeNewKey(page)
    await page.getByText('· live').waitFor()
    await page.context().clearCookies()
    // The page reads its list again.
    await controller.account.call(createApiKey, { name: 'Another', scopes: ['fleet:read'] })
    await signInAgain(page)
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Nightly report')
  })
})

test('open pages say that the server is away, and heal when it is back', async () => {
  await asOwner(async (page) => {
    await visit(page, `/devices/${device}`)
    const other = await page.context().newPage()
    await visit(other, '/devices')
    await page.getByText('· live').waitFor()
    await line.cut()
    for (const each of [page, other]) await each.getByText('The server cannot be reached').first().waitFor()
    await controller.account.call(updateDevice, { id: device, name: 'till-2' })
    // A page that was never loaded, and one whose files are there.
    await other.getByRole('link', { name: 'Plan' }).click()
    await other.getByRole('heading', { name: 'Something went wrong' }).waitFor()
    await line.mend()
    await page.getByRole('heading', { name: 'till-2' }).waitFor()
    await other.getByRole('heading', { name: 'Plan' }).waitFor()
    await page.getByText('· live').waitFor()
    await page.getByText('The server cannot be reached').waitFor({ state: 'detached' })
    await controller.account.call(updateDevice, { id: device, name: 'till-3' })
    await page.getByRole('heading', { name: 'till-3' }).waitFor()
  }, line.url)
})

test('a page of another version is loaded anew after an upgrade', async () => {
  await asOwner(async (page) => {
    // The files of the old version are gone.
    const gone = /\/assets\/groups-page-[^/]*\.js$/
    await page.route(gone, (interception) => interception.fulfill({ status: 404, body: '' }))
    await page.evaluate(() => Object.defineProperty(performance, 'now', { value: () => 60_000 }))
    const reloaded = page.waitForEvent('domcontentloaded')
    await page.getByRole('link', { name: 'Groups', exact: true }).click()
    await page.unroute(gone)
    await reloaded
    await page.getByRole('heading', { name: 'Groups' }).waitFor()
  })
})

test('a page that nobody looks at holds no connection, and is live again when somebody does', async () => {
  await asOwner(async (page) => {
    await page.clock.install()
    await visit(page, `/devices/${device}`)
    await page.getByText('· live').waitFor()
    const isHidden = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    const ofStream = (request: Request) => request.url().endsWith('/event/stream')
    const left = page.waitForEvent('requestfailed', ofStream)
    await isHidden(true)
    await page.clock.fastForward(20_000)
    await left
    await controller.account.call(updateDevice, { id: device, name: 'renamed-unseen' })
    expect(await page.getByText('Not live.').count()).toBe(0)
    const back = page.waitForRequest(ofStream)
    await isHidden(false)
    await back
    await page.clock.resume()
    await page.getByRole('heading', { name: 'renamed-unseen' }).waitFor()
  })
})
