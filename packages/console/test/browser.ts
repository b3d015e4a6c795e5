import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from './chromium.ts'

/** WebGL by software, for machines without a graphics card; all else is drawn the slower for it. */
export const webGl = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

/** Starts a browser: this machine's, or the one from npm. */
export async function startBrowser(args: string[] = []): Promise<Browser> {
  const { executablePath, env } = await findChromium()
  return chromium.launch({ executablePath, env: { ...process.env, ...env }, args: ['--no-sandbox', ...args] })
}

export const desktop = { width: 1360, height: 860 }
export const phone = { width: 390, height: 844 }

/** A page, and what went wrong in it: errors, broken promises, breaches of the Content-Security-Policy, requests elsewhere. */
export interface WatchedPage {
  page: Page
  faults: string[]
}

/** Opens a page that notes what goes wrong in it. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: origin, viewport: desktop, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    // A refused sign-in is a 401, which the browser reports as well.
    if (message.type() === 'error' && !message.text().includes('status of 4')) faults.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) faults.push(`asked ${request.url()}`)
  })
  return { page, faults }
}

/** Signs in as a person does. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}
