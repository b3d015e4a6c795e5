import { randomUUID } from 'node:crypto'
import { inviteUser } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { startPlatform } from '../../server/test/harness.ts'
import { startIdentityProvider } from '../../server/test/identity-provider.ts'
import { openPage, startBrowser } from './browser.ts'

test("an invited person signs in by the organization's identity provider, and an unknown user is told what to do", async () => {
  const provider = await startIdentityProvider()
  const platform = await startPlatform({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_LABEL: 'Harbour Taxis',
  })
  await provider.serve(`${platform.url}/auth/oidc/callback`)
  const browser = await startBrowser()
  try {
    const account = await platform.newAccount()
    const email = `${randomUUID()}@example.com`
    await account.call(inviteUser, { email, scopes: ['fleet:read'] })
    const { page } = await openPage(browser, platform.url)
    provider.be({ sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true })
    await page.goto('/groups')
    await page.getByRole('link', { name: 'Sign in with Harbour Taxis' }).click()
    await page.getByText('There is no user with this address. Ask for an invitation.').waitFor()
    await page.context().clearCookies()
    provider.be({ sub: randomUUID(), email, email_verified: true })
    await page.goto('/groups')
    await page.getByRole('link', { name: 'Sign in with Harbour Taxis' }).click()
    await page.getByRole('heading', { name: 'Groups' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/groups')
  } finally {
    await browser.close()
    await platform.stop()
    await provider.stop()
  }
}, 90_000)
