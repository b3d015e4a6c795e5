import { inviteUser } from '@mason/contract/user'
import sql from 'sql-template-tag'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { Browser, newUser, password, type TestUser, tokenIn } from '../../../test/users.ts'
import { networkOf } from '../../core/connection/network.ts'
import { bucketsOf, countGuess } from './throttle.ts'

const platform = usePlatform({ TRUST_PROXY: 'true' })
let account: TestAccount

beforeAll(async () => {
  account = await platform.newAccount()
})

const from = (address: string) => {
  const browser = new Browser(platform.url)
  browser.headers = { 'x-forwarded-for': address }
  return browser
}

/** Guesses as they are counted, without the time that checking takes. */
const guess = (email: string, address: string) =>
  countGuess(platform.database, bucketsOf(`password ${email}`, { address, isKnown: false }))

async function guessUntilRefused(email: string, address: string): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await guess(email, address)
    } catch {
      return count
    }
  }
}

describe('guessing passwords', () => {
  let victim: TestUser

  beforeAll(async () => {
    victim = await newUser(platform, account)
  })

  test('is slow from one address, however many guesses come at once', async () => {
    const [attacker, email] = [from('192.0.2.1'), 'nobody@example.com']
    const answers = await Promise.all(Array.from({ length: 14 }, () => attacker.signIn(email, 'guess')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(4)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('keeps nobody out elsewhere, nor in a browser that the user is known by', async () => {
    await guessUntilRefused(victim.email, '127.0.0.1')
    const elsewhere = from('198.51.100.7')
    expect((await elsewhere.signIn(victim.email, password)).status).toBe(200)
    const known = new Browser(platform.url)
    expect((await known.signIn(victim.email, password)).status, 'the attacker sits at this address').toBe(429)
    known.cookies.set('mason_device', victim.browser.cookies.get('mason_device') ?? '')
    expect((await known.signIn(victim.email, password)).status).toBe(200)
  })

  test('from everywhere is bounded all told, but not for browsers and addresses that the user is known by', async () => {
    const target = await newUser(platform, account)
    let guesses = 0
    for (let host = 0; host < 12; host++) guesses += await guessUntilRefused(target.email, `203.0.113.${host}`)
    expect(guesses).toBe(100)
    expect((await from('198.51.100.8').signIn(target.email, password)).status).toBe(429)
    const known = from('198.51.100.9')
    known.cookies.set('mason_device', target.browser.cookies.get('mason_device') ?? '')
    expect((await known.signIn(target.email, password)).status).toBe(200)
    expect((await from('198.51.100.9').signIn(target.email, password)).status, 'a known address').toBe(200)
    expect((await from('198.51.100.10').signIn(target.email, password)).status).toBe(429)
  })

  /** The victim's address as a user of the attacker's own account, signed in there. */
  async function ownUserOf({ email }: TestUser, address: string) {
    const own = await platform.newAccount()
    const { data } = await own.call(inviteUser, { email, scopes: ['fleet:read'] })
    const browser = from(address)
    const token = tokenIn(data[0]?.link)
    const joined = await browser.post('/auth/link/accept', { token, password: "the attacker's own" })
    expect(joined.status).toBe(200)
    return { browser, account: joined.body.data[0].account.name as string }
  }

  test.each([
    ['with the right password of the same address in another account between them', true],
    ['in passing, by signing in to that other account', false],
  ])('is bounded %s', async (_how, isNamed) => {
    const target = await newUser(platform, account)
    const { browser, account: own } = await ownUserOf(target, isNamed ? '192.0.2.40' : '192.0.2.41')
    const statuses: number[] = []
    for (let count = 0; count < 15; count++) {
      if (isNamed) statuses.push((await browser.signIn(target.email, 'guess')).status)
      const body = { email: target.email, password: "the attacker's own", ...(isNamed && { account: own }) }
      expect((await browser.post('/auth/sign-in', body)).status).toBe(200)
    }
    if (!isNamed) statuses.push((await browser.signIn(target.email, 'guess')).status)
    // A wrong password is a guess at both users, and the attacker's browser has its own count.
    const anybody = from(isNamed ? '192.0.2.40' : '192.0.2.41')
    expect((await anybody.post('/auth/sign-in', { email: target.email, password: 'guess' })).status).toBe(429)
    expect((await anybody.signIn(target.email, password)).status).toBe(429)
    expect(statuses.filter((status) => status === 200)).toEqual([])
    expect((await from('198.51.100.40').signIn(target.email, password)).status).toBe(200)
  })

  test('right passwords are not counted, and time forgives', async () => {
    const browser = from('192.0.2.20')
    const { rows: before } = await platform.database.query<{ sum: number }>(sql`SELECT sum(level) FROM guess`)
    await browser.signIn(victim.email, password)
    const { rows: after } = await platform.database.query<{ sum: number }>(sql`SELECT sum(level) FROM guess`)
    expect(after[0]?.sum).toBeLessThanOrEqual(before[0]?.sum ?? 0)
    expect(await guessUntilRefused('other@example.com', '192.0.2.21')).toBe(10)
    await platform.database.query(sql`UPDATE guess SET at = at - interval '2 minutes'`)
    expect(await guessUntilRefused('other@example.com', '192.0.2.21')).toBe(2)
  })
})

test('over HTTPS, cookies are Secure and of this host alone', async () => {
  const { email } = await newUser(platform, account)
  const browser = from('192.0.2.30')
  browser.headers['x-forwarded-proto'] = 'https'
  const { headers } = await browser.signIn(email, password)
  const flags = /^__Host-mason_\w+=\w{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/
  for (const cookie of headers.getSetCookie()) expect(cookie).toMatch(flags)
  expect((await browser.get('/auth/session')).status).toBe(200)
  delete browser.headers['x-forwarded-proto']
  expect((await browser.get('/auth/session')).status).toBe(401)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network)
})
