import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { startPlatform } from '../../server/test/harness.ts'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, signIn, startBrowser, webGl } from './browser.ts'
import { type MapServer, startMapServer, tileColor } from './map-server.ts'

let browser: Browser
let tiles: MapServer
let styles: MapServer
beforeAll(async () => {
  browser = await startBrowser(webGl)
  tiles = await startMapServer()
  styles = await startMapServer(tiles.origin)
})
afterAll(async () => {
  await browser.close()
  tiles.stop()
  styles.stop()
})

interface Look {
  page: Page
  /** What went wrong in the page. */
  faults: string[]
  /** Origins other than the server's that the page asked. */
  outside: Set<string>
}

/** Looks at the location of a device that has been in two places, on a server of this configuration. */
async function lookAtLocation(environment: Record<string, string>, look: (found: Look) => Promise<void>, on = browser) {
  const platform = await startPlatform(environment)
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  for (const [longitude, minutes] of [
    [13.4, 9],
    [13.5, 1],
  ] as const) {
    const recordedAt = new Date(Date.now() - minutes * 60_000).toISOString()
    await device.checkIn({ bootId: 'boot-1', location: { latitude: 52.5, longitude, recordedAt } })
  }
  const { email } = await newUser(platform, account, ['fleet:read', 'fleet:locate'])
  const { page, faults } = await openPage(on, platform.url)
  const outside = new Set<string>()
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== platform.url && protocol !== 'data:' && protocol !== 'blob:') outside.add(origin)
  })
  try {
    await signIn(page, email, password)
    await page.goto(`/devices/${device.id}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect([...outside]).toEqual([])
    await page.getByRole('tab', { name: 'Location' }).click()
    await page.getByText('2 positions').waitFor()
    await look({ page, faults, outside })
  } finally {
    await page.context().close()
    await platform.stop()
  }
}

const outline = (page: Page) => page.getByText('Outline: Natural Earth')
const map = (page: Page) => page.getByRole('region', { name: /Map of the device’s positions/ })

/** The color of the page in the corner of an element, from a photograph of it. */
async function colorOf(page: Page): Promise<number[]> {
  const png = (await map(page).screenshot()).toString('base64')
  const dark = await page.context().newPage()
  const color = await dark.evaluate(async (bytes) => {
    const image = new Image()
    image.src = `data:image/png;base64,${bytes}`
    await image.decode()
    const context = Object.assign(document.createElement('canvas'), { width: 9, height: 9 }).getContext('2d')
    context?.drawImage(image, -20, -20)
    return [...(context?.getImageData(4, 4, 1, 1).data ?? [])].slice(0, 3)
  }, png)
  await dark.close()
  return color
}

test("the track lies on the operator's map, and nothing is asked of any other server", async () => {
  await lookAtLocation({ MAP_STYLE_URL: `${tiles.origin}/style.json` }, async ({ page, faults, outside }) => {
    await map(page).waitFor()
    await outline(page).waitFor({ state: 'detached' })
    await expect.poll(() => colorOf(page), { timeout: 20_000 }).toEqual(tileColor)
    await expect.poll(() => tiles.asked.some((path) => path.endsWith('.pbf')), { timeout: 20_000 }).toBe(true)
    await page.getByText('Test tiles').waitFor()
    expect([...outside]).toEqual([tiles.origin])
    expect(faults.filter((fault) => !fault.startsWith(`asked ${tiles.origin}`))).toEqual([])
    const before = tiles.asked.length
    await page.getByRole('button', { name: 'Whole world' }).click()
    await expect
      .poll(() => tiles.asked.slice(before).some((path) => path.startsWith('/1/')), { timeout: 20_000 })
      .toBe(true)
  })
})

test('a style may take its tiles from where the operator allows it, and it is said who can allow more', async () => {
  const MAP_STYLE_URL = `${styles.origin}/elsewhere.json`
  await lookAtLocation({ MAP_STYLE_URL, MAP_ORIGINS: tiles.origin }, async ({ page, outside }) => {
    await expect.poll(() => colorOf(page), { timeout: 20_000 }).toEqual(tileColor)
    expect([...outside].toSorted()).toEqual([styles.origin, tiles.origin].toSorted())
  })
  await lookAtLocation({ MAP_STYLE_URL }, async ({ page, outside }) => {
    await page.getByText(`The map needs ${tiles.origin}, which this server blocks`).waitFor()
    await outline(page).waitFor()
    expect([...outside]).toEqual([styles.origin])
  })
})

test('where the style cannot be had the outline stands in, says so, and the map is tried again when asked', async () => {
  const { host } = new URL(tiles.origin)
  await lookAtLocation({ MAP_STYLE_URL: `${tiles.origin}/nothing.json` }, async ({ page }) => {
    await page.getByText(`The map could not be loaded from ${host}. Showing the built-in outline instead.`).waitFor()
    await outline(page).waitFor()
    const before = tiles.asked.length
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Showing the built-in outline instead.').waitFor()
    expect(tiles.asked.slice(before)).toContain('/nothing.json')
  })
})

test('a browser without WebGL shows the outline and says so', async () => {
  const plain = await startBrowser(['--disable-3d-apis'])
  const look = async ({ page }: Look) => {
    await page.getByText('This browser cannot show the map').waitFor()
    await outline(page).waitFor()
  }
  await lookAtLocation({ MAP_STYLE_URL: `${tiles.origin}/style.json` }, look, plain)
  await plain.close()
})

test('without a style the outline is all there is', async () => {
  await lookAtLocation({}, async ({ page, faults, outside }) => {
    await outline(page).waitFor()
    expect(await page.getByText('Showing the built-in outline instead.').count()).toBe(0)
    expect([...outside]).toEqual([])
    expect(faults).toEqual([])
  })
})
