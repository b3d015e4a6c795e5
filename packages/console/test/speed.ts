// Measures the Controller in a browser at a large fleet: how long users wait for what they do most.
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { seedFleet } from '../../../bench/fleet.ts'
import { reachSteadyState } from '../../../bench/steady-state.ts'
import { findRunning } from '../../server/src/core/db/embedded.ts'
import { newDataDir, runCommand, startProgram } from '../../server/test/program.ts'
import { openPage, startBrowser } from './browser.ts'
import buildConsole from './global.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '7' },
    /** A data directory that is kept and used again. */
    data: { type: 'string' },
  },
})
const devices = Number(values.devices)
const rounds = Number(values.rounds)
const say = (line: string) => process.stderr.write(`${line}\n`)

const firstRow = 'tbody a[href^="/devices/"]'

interface Visit {
  page: Page
  email: string
  password: string
}

/** What users do, each ending when they can go on: what was asked for is seen and takes a click. But for the first, the times have those of the browser's remote control in them, 0.1 s and more. */
const steps: Record<string, (visit: Visit) => Promise<number>> = {
  'Sign in → rows of the device table': async ({ page, email, password }) => {
    await page.goto('/sign-in?returnTo=/devices')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    const rows = rowsAfterClick(page)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    return rows
  },
  'Search by name': ({ page }) => search(page, name(0.7)),
  'Search by IMEI': ({ page }) => search(page, `35693803${digits(0.4)}`),
  'Search by serial number': ({ page }) => search(page, `MSN-${family(index(0.9))}-${digits(0.9).padStart(8, '0')}`),
  'Filter: group': async ({ page }) => filter(page, '?group=d450-3'),
  'Filter: family and offline': async ({ page }) => filter(page, '?family=K7&online=false'),
  'Filter: not seen for a week': async ({ page }) => filter(page, '?seen=168'),
  'Scroll through 20 pages of 250': async ({ page }) => {
    await page.goto('/devices')
    await clickable(page, firstRow)
    const table = page.getByRole('region', { name: 'Devices' })
    return took(table.focus(), async () => {
      for (let loaded = 0; loaded < Math.min(5000, devices); ) {
        await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        const last = loaded
        await page.waitForFunction(
          (before) =>
            Number(document.querySelector('footer')?.textContent?.split(' of ')[0]?.replace(/\D/g, '')) > before,
          last,
        )
        loaded = Number((await page.locator('footer').innerText()).split(' of ')[0]?.replace(/\D/g, ''))
      }
    })
  },
  'Overview, opened anew': async ({ page }) =>
    took(page.goto('/'), () => clickable(page, 'main a[href^="/groups/"], main a[href^="/devices"]')),
  'A device, opened from the table': async ({ page }) => {
    await page.goto('/devices')
    await clickable(page, firstRow)
    return took(page.locator(firstRow).first().click(), () => page.getByText('Last check-in').first().waitFor())
  },
}

const clickable = (page: Page, selector: string) => page.locator(selector).first().click({ trial: true })

/** From the next click to the frame behind the one in which a row of the table is on top and the page can answer, by the page's own clock. */
function rowsAfterClick(page: Page): Promise<number> {
  return page.evaluate(
    (selector) =>
      new Promise<number>((resolve) => {
        let clicked: number | undefined
        addEventListener('click', ({ timeStamp }) => (clicked ??= timeStamp), { capture: true })
        const look = () => {
          const row = document.querySelector(selector)
          const { x, y, width, height } = row?.getBoundingClientRect() ?? new DOMRect()
          const isOnTop = row?.contains(document.elementFromPoint(x + width / 2, y + height / 2))
          const start = clicked
          if (isOnTop && start !== undefined) setTimeout(() => resolve(performance.now() - start))
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      }),
    firstRow,
  )
}

async function took(begin: Promise<unknown>, end: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await begin
  await end()
  return performance.now() - start
}

const index = (share: number) => Math.floor(devices * share)
const digits = (share: number) => String(index(share)).padStart(7, '0')
const name = (share: number) => `Till ${digits(share)}`
const family = (index: number) => ['D450', 'D210', 'K7', 'M90', 'T12'][index % 5]

async function search(page: Page, words: string): Promise<number> {
  await page.goto('/devices')
  await clickable(page, firstRow)
  return took(page.getByLabel('Search by name, IMEI or serial number').fill(words), async () => {
    await page.waitForFunction(() => document.querySelectorAll('tbody a[href^="/devices/"]').length === 1)
    await clickable(page, firstRow)
  })
}

const filter = (page: Page, query: string) => took(page.goto(`/devices${query}`), () => clickable(page, firstRow))

/** The slowest answers of the API that a page waited for, as far as the browser saw them. */
function slowest(page: Page): Promise<{ path: string; ms: number; bytes: number }[]> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry): entry is PerformanceResourceTiming => /\/(v1|auth)\//.test(entry.name))
      .map(({ name, duration, decodedBodySize }) => ({
        path: new URL(name).pathname + new URL(name).search,
        ms: duration,
        bytes: decodedBodySize,
      }))
      .filter(({ path }) => !path.endsWith('/stream')),
  )
}

async function measure(browser: Browser, url: string, person: Omit<Visit, 'page'>): Promise<void> {
  const times = new Map<string, number[]>()
  const answers = new Map<string, { ms: number; bytes: number }>()
  for (let round = 0; round < rounds; round++) {
    // Nothing is remembered from the round before: no cookie, no file.
    const { page } = await openPage(browser, url)
    for (const [step, act] of Object.entries(steps)) {
      times.set(step, [...(times.get(step) ?? []), await act({ page, ...person })])
      for (const { path, ms, bytes } of await slowest(page)) {
        const known = answers.get(path)
        answers.set(path, { ms: Math.max(ms, known?.ms ?? 0), bytes: Math.max(bytes, known?.bytes ?? 0) })
      }
    }
    await page.context().close()
  }
  console.log(`\n| ${devices.toLocaleString('en')} devices, ${rounds} rounds | median | worst |\n|---|---|---|`)
  for (const [step, all] of times) {
    const sorted = all.toSorted((a, b) => a - b)
    console.log(`| ${step} | ${ms(sorted[Math.floor(sorted.length / 2)])} | ${ms(sorted.at(-1))} |`)
  }
  console.log('\nThe slowest answers, as the browser saw them:')
  for (const [path, answer] of [...answers].toSorted(([, a], [, b]) => b.ms - a.ms).slice(0, 12))
    console.log(`${ms(answer.ms).padStart(8)} ${String(answer.bytes).padStart(8)} bytes  ${path}`)
}

const ms = (time = 0) => `${Math.round(time).toLocaleString('en')} ms`

await buildConsole()
const email = 'owner@example.com'
const DATA_DIR = values.data ?? (await newDataDir())
const program = await startProgram({ DATA_DIR, CHECKIN_SECONDS: '86400', MASON_OWNER_EMAIL: email })
const { output } = await runCommand(['user', 'password', email], { DATA_DIR })
const password = /\S+$/.exec(output.trim())?.[0] ?? ''
const connection = await findRunning(DATA_DIR)
if (!connection) throw new Error("The server's PostgreSQL does not answer")
const client = new pg.Client(connection)
await client.connect()
const { rows } = await client.query<{ isFilled: boolean }>('SELECT EXISTS (SELECT FROM device) AS "isFilled"')
if (!rows[0]?.isFilled) {
  say(`filling a fleet of ${devices.toLocaleString('en')} devices`)
  await seedFleet(client, devices)
  await reachSteadyState(client)
}
await client.end()
const browser = await startBrowser()
await measure(browser, program.url, { email, password })
await browser.close()
await program.end()
