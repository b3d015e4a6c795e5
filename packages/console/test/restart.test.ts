import { rm } from 'node:fs/promises'
import { createGroup } from '@mason/contract/group'
import { createClient } from '@mason/sdk/client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDataDir, type Program, startProgram } from '../../server/test/program.ts'
import { openPage, signIn, startBrowser } from './browser.ts'

/** Within this time of the server's return a page is to be right again. */
const healingMs = 5000

let DATA_DIR: string
let program: Program
let browser: Browser
beforeAll(async () => {
  DATA_DIR = await newDataDir()
  program = await startProgram({ DATA_DIR })
  browser = await startBrowser()
}, 90_000)
afterAll(async () => {
  await browser?.close()
  await program?.end()
  await rm(DATA_DIR, { recursive: true, force: true })
})

const printed = (label: string) => new RegExp(`^${label}: (\\S+)`, 'm').exec(program.output())?.[1] ?? ''

test('pages that are open while the server is stopped and started say so, and heal by themselves', async () => {
  const { call } = createClient({ baseUrl: program.url, key: program.ownerKey ?? '' })
  const { page: first } = await openPage(browser, program.url)
  await signIn(first, printed('Owner'), printed('Owner password'))
  const storageState = await first.context().storageState()
  const open = async (address: string, heading: string) => {
    const { page } = await openPage(browser, program.url, { storageState })
    await page.goto(address)
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()
    await page.getByText('· live').waitFor()
    return page
  }
  const pages: Record<string, Page> = {
    overview: first,
    devices: await open('/devices', 'Devices'),
    groups: await open('/groups', 'Groups'),
    commands: await open('/commands', 'Commands'),
    activity: await open('/activity', 'Activity'),
    sims: await open('/sims', 'SIMs'),
    plan: await open('/plan', 'Plan'),
    keys: await open('/keys', 'API keys'),
    // What has been seen is loaded again; what has not is loaded for the first time.
    wanderer: await open('/users', 'Users'),
    returner: await open('/deployments', 'Roll-outs'),
  }
  const { wanderer, returner, ...staying } = pages
  await returner?.getByRole('link', { name: 'Exports' }).click()
  await returner?.getByRole('heading', { name: 'Exports' }).waitFor()
  const typing = await open('/groups', 'Groups')
  await typing.getByRole('button', { name: 'New group' }).click()
  await typing.getByLabel('Name', { exact: true }).fill('typed-before')

  await program.end()
  for (const [name, page] of Object.entries({ ...pages, typing })) {
    await page.getByText('Not live.').waitFor()
    await page.getByText('The server cannot be reached. ', { exact: false }).first().waitFor()
    expect(await page.getByText('· live').count(), name).toBe(0)
  }
  await wanderer?.getByRole('link', { name: 'Artifacts' }).click()
  await wanderer?.getByRole('heading', { name: 'Something went wrong' }).waitFor()
  await typing.getByRole('button', { name: 'Create group' }).click()
  await typing.getByRole('dialog').getByText('The server cannot be reached').waitFor()

  const { port } = new URL(program.url)
  program = await startProgram({ DATA_DIR, PORT: port })
  await Promise.all(
    Object.values({ ...staying, returner, typing }).map(async (page) => {
      await page?.getByText('· live').waitFor({ timeout: healingMs })
      await page?.getByText('Not live.').waitFor({ state: 'detached', timeout: healingMs })
    }),
  )
  await wanderer?.getByRole('heading', { name: 'Artifacts' }).waitFor({ timeout: healingMs })
  for (const page of Object.values(pages)) {
    expect(await page.getByText('could not be loaded').count()).toBe(0)
    expect(await page.getByText('Something went wrong').count()).toBe(0)
  }

  // They are live in fact, and what was typed is there.
  await typing.getByRole('dialog').getByRole('button', { name: 'Create group' }).click()
  await typing.getByRole('heading', { name: 'typed-before' }).waitFor()
  await pages.groups?.getByRole('link', { name: 'typed-before' }).waitFor()
  await call(createGroup, { name: 'made-after' })
  await pages.activity?.getByRole('link', { name: 'made-after' }).waitFor()
  expect(await typing.getByLabel('Name', { exact: true }).count()).toBe(0)
}, 120_000)
