import { randomUUID } from 'node:crypto'
import { inviteUser } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { codeOf, enrollTotp, newUser, password } from '../../server/test/users.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('a wrong password is told apart from a right one, and leads on to the page that was asked for', async () => {
  const { email } = await newUser(controller.platform, controller.account)
  const { page, faults } = await openPage(controller.browser, controller.platform.url)
  await page.goto('/groups')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('not this one')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').getByText('Wrong e-mail or password').waitFor()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Groups' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/groups')
  expect(faults).toEqual([])
})

test('two clicks in one instant sign in once', async () => {
  const { email } = await newUser(controller.platform, controller.account)
  const { page } = await openPage(controller.browser, controller.platform.url)
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(request.url())
  })
  await page
    .getByRole('button', { name: 'Sign in', exact: true })
    .evaluate((button: HTMLButtonElement) => [button.click(), button.click()])
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  expect(sent).toHaveLength(1)
})

test('an invitation is accepted, and what the form has wrong is named', async () => {
  const email = `${randomUUID()}@example.com`
  const { data } = await controller.account.call(inviteUser, { email, scopes: ['fleet:read'] })
  const { page } = await openPage(controller.browser, controller.platform.url)
  const link = new URL(data[0]?.link ?? '')
  await page.goto(link.pathname + link.hash)
  await page.getByText(email).waitFor()
  await page.getByLabel('New password', { exact: true }).fill('password')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText('too easy to guess').waitFor()
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('New password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByText('Ada Lovelace').first().waitFor()
})

test('a second factor is asked for', async () => {
  const person = await newUser(controller.platform, controller.account)
  const { secret } = await enrollTotp(person)
  const { page } = await openPage(controller.browser, controller.platform.url)
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('Code').fill(codeOf(secret))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('a second factor is set up in the profile, and other sessions are ended there', async () => {
  const { email } = await newUser(controller.platform, controller.account)
  const { page } = await openPage(controller.browser, controller.platform.url)
  await signIn(page, email, password)
  await page.goto('/profile')
  await page.getByLabel('Your password').fill(password)
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
  await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
  const secret = await page.locator('pre').innerText()
  await page.getByLabel('Current code from the app').fill('000000')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('is wrong').waitFor()
  // The code of the step before, so that the next one is new.
  await page.getByLabel('Current code from the app').fill(codeOf(secret, -1))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Your second factor is on').waitFor()
  await page.getByRole('button', { name: 'I have stored them' }).click()
  await page.getByText('On. Signing in requires a code').waitFor()

  const sessions = page.getByRole('region', { name: 'Sessions' })
  await sessions.getByText('current').waitFor()
  const others = await sessions.getByRole('button', { name: 'End session' }).count()
  await sessions.getByRole('button', { name: 'End session' }).first().click()
  await expect.poll(() => sessions.getByRole('button', { name: 'End session' }).count()).toBe(others - 1)
})

test('a session that has ended leads back to the sign-in', async () => {
  const { email } = await newUser(controller.platform, controller.account)
  const { page } = await openPage(controller.browser, controller.platform.url)
  // The menu reads the views last: a read that came later would lead to the sign-in by itself.
  const views = page.waitForResponse(/\/v1\/default\/view\b/)
  await signIn(page, email, password)
  await views
  await page.context().clearCookies()
  await page.getByRole('link', { name: 'Commands', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(page.url()).toContain('returnTo=%2Fcommands')
})
