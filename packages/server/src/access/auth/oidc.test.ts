import { randomUUID } from 'node:crypto'
import { getUser, inviteUser, updateUser } from '@mason/contract/user'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Platform, startPlatform, type TestAccount } from '../../../test/harness.ts'
import { type Identity, startIdentityProvider } from '../../../test/identity-provider.ts'
import { Browser, codeOf, enrollTotp, newUser } from '../../../test/users.ts'

let provider: Awaited<ReturnType<typeof startIdentityProvider>>
let platform: Platform
let account: TestAccount

beforeAll(async () => {
  provider = await startIdentityProvider()
  platform = await startPlatform({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
  })
  await provider.serve(`${platform.url}/auth/oidc/callback`)
  account = await platform.newAccount()
})
afterAll(async () => {
  await platform.stop()
  await provider.stop()
})

const newIdentity = (): Identity => ({ sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true })
const isAt = (url: string, prefix: string) => url.startsWith(prefix)

/** Follows redirects as a browser does, each host with its own cookies, up to the way back to the platform. */
async function walkToCallback(browser: Browser, start = '/auth/oidc/start'): Promise<string> {
  const atProvider = new Browser(provider.issuer)
  let url = (await browser.get(start)).headers.get('location') ?? ''
  for (let hops = 0; hops < 10 && isAt(url, provider.issuer); hops++) {
    const { headers } = await atProvider.get(url)
    url = new URL(headers.get('location') ?? '', provider.issuer).href
  }
  expect(url).toContain(`${platform.url}/auth/oidc/callback?code=`)
  return url
}

async function signIn(who: Identity, browser = new Browser(platform.url), start?: string) {
  provider.be(who)
  const { status, headers } = await browser.get(await walkToCallback(browser, start))
  expect(status).toBe(302)
  return { browser, landedAt: headers.get('location') }
}

test('the sign-in page learns of the provider', async () => {
  const { body } = await new Browser(platform.url).get('/auth/methods')
  expect(body.data[0].oidc).toEqual({ label: 'single sign-on', url: '/auth/oidc/start' })
})

test('an invited user joins by a verified address, and is known by the subject from then on', async () => {
  const who = newIdentity()
  const { data } = await account.call(inviteUser, { email: who.email, scopes: ['fleet:read'] })
  const id = data[0]?.id ?? ''
  const { browser, landedAt } = await signIn(
    { ...who, email: who.email.toUpperCase() },
    undefined,
    '/auth/oidc/start?returnTo=/devices',
  )
  expect(landedAt).toBe('/devices')
  expect((await browser.get('/v1/default/group')).status).toBe(200)
  expect((await account.call(getUser, { id })).data[0]?.state).toBe('active')
  const renamed = await signIn({ ...who, email: 'another@example.com' })
  expect((await renamed.browser.get('/auth/session')).body.data[0].user.id).toBe(id)
  const usurper = await signIn({ ...newIdentity(), email: who.email })
  expect(usurper.landedAt, 'the address is linked to another subject').toBe('/sign-in?error=oidc-unknown')
  await account.call(updateUser, { id, disabled: true })
  expect((await signIn(who)).landedAt).toBe('/sign-in?error=oidc-unknown')
})

test('an address that nobody invited, or that is not verified, lets nobody in', async () => {
  expect((await signIn(newIdentity())).landedAt).toBe('/sign-in?error=oidc-unknown')
  const who = { ...newIdentity(), email_verified: false }
  await account.call(inviteUser, { email: who.email, preset: 'admin' })
  const { browser, landedAt } = await signIn(who)
  expect(landedAt).toBe('/sign-in?error=oidc-unknown')
  expect((await browser.get('/auth/session')).status).toBe(401)
})

test('the second factor is asked for all the same', async () => {
  const person = await newUser(platform, account)
  const { secret } = await enrollTotp(person)
  const { browser } = await signIn({ ...newIdentity(), email: person.email })
  expect((await browser.get('/auth/session')).body.data[0].state).toBe('totpRequired')
  expect((await browser.post('/auth/sign-in/totp', { code: codeOf(secret) })).status).toBe(200)
})

test('an answer of the provider is good once, in the browser that asked, and leads nowhere else', async () => {
  const who = newIdentity()
  await account.call(inviteUser, { email: who.email, preset: 'read-only' })
  provider.be(who)
  const [browser, attacker] = [new Browser(platform.url), new Browser(platform.url)]
  const callback = await walkToCallback(browser)
  expect((await attacker.get(callback)).headers.get('location')).toBe('/sign-in?error=oidc-expired')
  await attacker.get('/auth/oidc/start')
  expect((await attacker.get(callback)).headers.get('location')).toBe('/sign-in?error=oidc-failed')
  expect((await browser.get(callback)).headers.get('location')).toBe('/')
  expect((await browser.get(callback)).headers.get('location')).toBe('/sign-in?error=oidc-expired')
  for (const elsewhere of ['https://evil.example', '//evil.example', '/\\evil.example', 'evil'])
    expect((await signIn(who, undefined, `/auth/oidc/start?returnTo=${encodeURIComponent(elsewhere)}`)).landedAt).toBe(
      '/',
    )
})

test('a provider that is away is said so, and is asked again the next time', async () => {
  const away = await startPlatform({ OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'mason' })
  const { headers } = await new Browser(away.url).get('/auth/oidc/start')
  expect(headers.get('location')).toBe('/sign-in?error=oidc-failed')
  await away.stop()
})
