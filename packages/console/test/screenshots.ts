import { copyFile, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { listDeployments } from '@mason/contract/deployment'
import { listDevices } from '@mason/contract/device'
import { listNotifications } from '@mason/contract/notification'
import { listSims } from '@mason/contract/sim'
import { createClient } from '@mason/sdk/client'
import type { Page } from 'playwright-core'
import { fill } from '../../../seed/fill.ts'
import { lastGroup } from '../../../seed/software.ts'
import { newDataDir, startProgram } from '../../server/test/program.ts'
import { desktop, openPage, phone, signIn, startBrowser } from './browser.ts'
import setup from './global.ts'

/** Those that the README shows; they alone are in the repository. */
const shown = ['overview-light-desktop', 'devices-light-desktop', 'deployment-light-desktop', 'usage-dark-desktop']

const root = path.resolve(import.meta.dirname, '../../..')

/** The pictures to take, such as `overview-light-desktop`; all of them when none is named. */
const wanted = process.argv.slice(2)
const isWanted = (picture: string) => wanted.length === 0 || wanted.includes(picture)

/** Photographs every page of a Controller with a fleet, light and dark, on a desktop and on a phone. */
async function main(): Promise<void> {
  const folder = path.join(root, 'screenshots')
  if (wanted.length === 0) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await setup()
  const program = await startProgram({ DATA_DIR: await newDataDir(), CHECKIN_SECONDS: '60' })
  const key = program.ownerKey ?? ''
  const [email = '', password = ''] = ['Owner', 'Owner password'].map(
    (label) => new RegExp(`^${label}: (\\S+)`, 'm').exec(program.output())?.[1],
  )
  const fleet = await fill(program.url, key, { print: console.log })
  const browser = await startBrowser()
  const views = await viewsOf(program.url, key)
  const { page: door } = await openPage(browser, program.url)
  await door.goto('/sign-in')
  await signIn(door, email, password)
  const storageState = await door.context().storageState()
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [device, viewport] of Object.entries({ desktop, phone })) {
      const { page, faults } = await openPage(browser, program.url, { colorScheme, viewport, storageState })
      for (const [name, view] of Object.entries({ ...views, 'sign-in': signedOut })) {
        const picture = `${name}-${colorScheme}-${device}`
        if (isWanted(picture)) await photograph(page, view, path.join(folder, `${picture}.png`))
      }
      for (const fault of faults) console.error(fault)
      await page.context().close()
    }
  await browser.close()
  await fleet.stop()
  await program.end()
}

type View = (page: Page) => Promise<unknown>

/** Takes one picture; one that the README shows is copied into the repository. */
async function photograph(page: Page, view: View, file: string): Promise<void> {
  await view(page)
  await isStill(page)
  await page.screenshot({ path: file })
  const { name, base } = path.parse(file)
  if (shown.includes(name)) await copyFile(file, path.join(root, 'docs/screenshots', base))
}

const signedOut: View = async (page) => {
  await page.context().clearCookies()
  await page.goto('/sign-in')
}

async function viewsOf(url: string, key: string): Promise<Record<string, View>> {
  const { call } = createClient({ baseUrl: url, key })
  const devices = (await call(listDevices, { group: 'vans', limit: 50 })).data
  const device = devices.find(({ connection }) => connection?.sim?.length)?.id ?? devices[0]?.id
  const iccid = (await call(listSims, { limit: 1 })).data[0]?.iccid
  const batch = (await call(listNotifications, { type: 'reboot', limit: 1 })).data[0]?.batch
  const deployment = (await call(listDeployments, { group: lastGroup, limit: 1 })).data[0]?.id
  const at =
    (address: string): View =>
    (page) =>
      page.goto(address)
  const dialog =
    (address: string, ...buttons: string[]): View =>
    async (page) => {
      await page.goto(address)
      for (const name of buttons)
        await page.getByRole('button', { name }).or(page.getByRole('menuitem', { name })).first().click()
    }
  return {
    overview: at('/'),
    devices: at('/devices'),
    'devices-selected': async (page) => {
      await page.goto('/devices')
      for (const index of [1, 2, 3]) await page.getByRole('checkbox').nth(index).check()
    },
    device: at(`/devices/${device}`),
    'device-apps': at(`/devices/${device}?tab=apps`),
    'device-data': at(`/devices/${device}?tab=data`),
    'device-location': at(`/devices/${device}?tab=location`),
    'device-activity': at(`/devices/${device}?tab=activity`),
    'device-json': at(`/devices/${device}?tab=json`),
    wipe: dialog('/groups/tills-north', 'Command', 'Wipe'),
    groups: at('/groups'),
    group: at('/groups/tills-north'),
    deploy: dialog('/groups/vans', 'Deploy'),
    commands: at('/commands'),
    batch: at(`/commands/batch/${batch}`),
    enrollment: async (page) => {
      await page.goto('/enrollment')
      await page.getByRole('button', { name: 'New token' }).click()
      await page.getByRole('button', { name: 'Create token' }).click()
      await page.locator('pre', { hasText: /^enroll_/ }).waitFor()
    },
    activity: at('/activity'),
    sims: at('/sims'),
    sim: at(`/sims/${iccid}`),
    usage: at('/usage?marker=customer'),
    plan: at('/plan'),
    exports: at('/exports'),
    artifacts: at('/artifacts'),
    artifact: at('/artifacts/apk/com.example.till'),
    projects: at('/projects'),
    project: at('/projects/shop'),
    deployments: at('/deployments'),
    deployment: at(`/deployments/${deployment}`),
    keys: at('/keys'),
    'new-key': async (page) => {
      await page.goto('/keys')
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByRole('checkbox', { name: 'fleet:manager' }).check()
    },
    users: at('/users'),
    invite: dialog('/users', 'Invite'),
    nodes: at('/nodes'),
    profile: at('/profile'),
    nowhere: at('/devices/nowhere/at/all'),
  }
}

/** Waits until what is on its way has come, and what moves stands still. */
async function isStill(page: Page): Promise<void> {
  for (let looks = 0; looks < 2; looks++) {
    await page.waitForTimeout(350)
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
  }
}

await main()
