// Photographs the pages, dialogs and menus of a Controller.
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { newDataDir, startProgram } from '../../server/test/program.ts'
import { desktop, openPage, phone, signIn, startBrowser } from './browser.ts'
import setup from './global.ts'
import { fleets } from './screenshot-fleets.ts'
import { type View, viewsOf } from './screenshot-views.ts'

/** Those that the README and the guides show; they alone are in the repository. */
const shown = [
  ...['overview-light-desktop', 'devices-light-desktop', 'deployment-light-desktop', 'usage-dark-desktop'],
  ...['new-tablet-light-desktop', 'new-carrier-light-desktop'],
]

const sizes = {
  phone,
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1440, height: 900 },
  wide: { width: 2200, height: 1300 },
}
const themes = ['light', 'dark'] as const

const usage = `npm run screenshots -- [--fleet ${Object.keys(fleets).join('|')}] [--size ${Object.keys(sizes).join('|')}] [--theme ${themes.join('|')}] [--devices COUNT] [--whole] [NAME…]

  NAME       such as overview, or overview-light-desktop; all pages, dialogs and menus by default
  --fleet    believable by default
  --size     phone and desktop by default
  --theme    both by default
  --devices  of the believable fleet: 300 by default; fewer are there sooner
  --whole    whole pages, not only what fits the window

An option may be repeated.`

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    fleet: { type: 'string', multiple: true, default: ['believable'] },
    size: { type: 'string', multiple: true, default: ['phone', 'desktop'] },
    theme: { type: 'string', multiple: true, default: [...themes] },
    devices: { type: 'string', default: '300' },
    whole: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const root = path.resolve(import.meta.dirname, '../../..')
const folder = path.join(root, 'screenshots')

/** Those of a table whose names were asked for, in its order. */
function chosen<T>(table: Record<string, T>, wanted: string[]): [string, T][] {
  const unknown = wanted.find((name) => !(name in table))
  if (unknown !== undefined) throw new Error(`There is no ${unknown}\n\n${usage}`)
  return Object.entries(table).filter(([name]) => wanted.includes(name))
}

interface Signed {
  browser: Browser
  url: string
  storageState: Awaited<ReturnType<ReturnType<Page['context']>['storageState']>>
}

/** Starts a server with a fleet, signs its owner in, and photographs what it shows. */
async function photographFleet(name: string, make: (typeof fleets)[string]): Promise<void> {
  const program = await startProgram({ DATA_DIR: await newDataDir(), CHECKIN_SECONDS: '60' })
  const [email = '', password = ''] = ['Owner', 'Owner password'].map(
    (label) => new RegExp(`^${label}: (\\S+)`, 'm').exec(program.output())?.[1],
  )
  const { things, views, stop } = await make(program.url, program.ownerKey ?? '', Number(values.devices))
  const browser = await startBrowser()
  const { page } = await openPage(browser, program.url)
  await signIn(page, email, password)
  const signed = { browser, url: program.url, storageState: await page.context().storageState() }
  await photographAll(signed, path.join(folder, name), { ...views, ...viewsOf(things) })
  await browser.close()
  await stop()
  await program.end()
}

/** Takes a fleet's pictures. What is shown stays, and is photographed in each theme and size. */
async function photographAll({ browser, url, storageState }: Signed, to: string, views: Record<string, View>) {
  await mkdir(to, { recursive: true })
  const looks = chosen(Object.fromEntries(themes.map((theme) => [theme, theme])), values.theme).flatMap(
    ([, colorScheme]) =>
      chosen(sizes, values.size).map(([size, viewport]) => ({
        colorScheme,
        viewport,
        suffix: `${colorScheme}-${size}`,
      })),
  )
  const { page, faults } = await openPage(browser, url, { storageState })
  page.setDefaultTimeout(30_000)
  for (const [name, view] of Object.entries(views)) {
    const wanted = looks.filter(
      ({ suffix }) => names.length === 0 || names.some((one) => one === name || one === `${name}-${suffix}`),
    )
    if (wanted.length === 0) continue
    // All that is pressed is in sight on a desktop.
    await page.setViewportSize(desktop)
    const work = async () => {
      await view(page)
      for (const { colorScheme, viewport, suffix } of wanted) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize(viewport)
        await photograph(page, path.join(to, `${name}-${suffix}.png`))
      }
    }
    await work().catch((error: Error) => console.error(`${name}: ${error.message}`))
  }
  for (const fault of faults) console.error(fault)
  await page.context().close()
}

/** Takes one picture; one that the documentation shows is copied into the repository. */
async function photograph(page: Page, file: string): Promise<void> {
  await isStill(page)
  await page.screenshot({ path: file, fullPage: values.whole })
  const { name, base, dir } = path.parse(file)
  const isShown = shown.includes(name) && path.basename(dir) === 'believable' && !values.whole
  if (isShown) await copyFile(file, path.join(root, 'docs/screenshots', base))
}

/** Waits until what is on its way has come, and what moves stands still. */
async function isStill(page: Page): Promise<void> {
  for (let looks = 0; looks < 2; looks++) {
    await page.waitForTimeout(350)
    await page.waitForFunction(
      () => ![...document.querySelectorAll('[aria-busy=true]')].some((element) => element.checkVisibility()),
    )
  }
}

if (values.help) console.log(usage)
else {
  await setup()
  for (const [name, make] of chosen(fleets, values.fleet)) await photographFleet(name, make)
}
