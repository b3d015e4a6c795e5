import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { emptyDataDir, startProgram } from '../../server/test/program.ts'
import { openPage, signIn, startBrowser } from './browser.ts'

test('the first owner is told where the password is, makes the account their own, and is led on', async () => {
  const DATA_DIR = await emptyDataDir()
  const program = await startProgram({ DATA_DIR })
  const browser = await startBrowser()
  const printed = (label: string) => new RegExp(`^${label}: (\\S+)`, 'm').exec(program.output())?.[1] ?? ''
  const [email, password] = [printed('Owner'), printed('Owner password')]
  try {
    const { page, faults } = await openPage(browser, program.url)
    await page.goto('/')
    await page.getByText('This platform is new').waitFor()
    await signIn(page, email, password)
    const steps = page.getByRole('region', { name: 'First steps' })
    await steps.getByRole('button', { name: 'Set up' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Your name').fill('Ada Lovelace')
    await dialog.getByLabel('Printed password').fill('something else')
    await dialog.getByLabel('New password').fill('a wall of bricks')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('This is not the password').waitFor()
    await dialog.getByLabel('Printed password').fill(password)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await steps.getByText('done').waitFor()
    await page.getByRole('button', { name: /Ada Lovelace/ }).waitFor()
    await steps.getByRole('link', { name: 'Enrol' }).click()
    await page.getByRole('heading', { name: 'Enrollment' }).waitFor()
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').waitFor()
    expect(await page.getByText('This platform is new').count()).toBe(0)
    await signIn(page, email, 'a wall of bricks')
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    await program.end()
    await rm(DATA_DIR, { recursive: true, force: true })
  }
}, 180_000)
