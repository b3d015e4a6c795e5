import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { updateUser } from '@mason/contract/user'
import sql from 'sql-template-tag'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { Browser, becomes401, newUser, password, signedIn, type TestUser } from '../../../test/users.ts'

const platform = usePlatform()
let account: TestAccount
let person: TestUser

beforeAll(async () => {
  account = await platform.newAccount()
  person = await newUser(platform, account, ['fleet:read'])
})

describe('a session', () => {
  test('says who it is and works on every route as far as the scopes go', async () => {
    const { browser, answer } = await signedIn(platform, { ...person, email: person.email.toUpperCase() })
    const { email, id } = person
    expect(answer.body.data[0]).toMatchObject({ state: 'active', user: { id, email, scopes: ['fleet:read'] } })
    expect((await browser.get('/v1/default/group')).status).toBe(200)
    const refused = await browser.post('/v1/default/group', { name: 'x' })
    expect(refused.body).toMatchObject({ type: 'permission_error', message: 'You lack the scope fleet:admin' })
    expect((await browser.get('/auth/session')).body.data[0]).toMatchObject({
      user: { id },
      account: { id: account.accountId },
    })
    expect((await browser.get('/userinfo')).body.user_metadata.clients).toHaveLength(1)
  })

  test('can be begun many times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => new Browser(platform.url).signIn(person.email, password)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  })

  test('has a cookie that scripts and other sites cannot use, and is kept as a hash', async () => {
    const { browser, answer } = await signedIn(platform, person)
    const [cookie] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^mason_session=[0-9A-Za-z]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/)
    const token = browser.cookies.get('mason_session') ?? ''
    const { rows } = await platform.database.query<{ row: string }>(
      sql`SELECT to_json(s)::text AS row FROM user_session AS s`,
    )
    expect(rows.some(({ row }) => row.includes(token))).toBe(false)
  })

  test('is never one that was there before signing in', async () => {
    const { browser } = await signedIn(platform, person)
    const before = browser.cookies.get('mason_session')
    const old = browser.at(platform.url)
    await browser.signIn(person.email, password)
    expect(browser.cookies.get('mason_session')).not.toBe(before)
    await becomes401(old)
    const planted = new Browser(platform.url)
    planted.cookies.set('mason_session', 'x'.repeat(43))
    await planted.signIn(person.email, password)
    expect(planted.cookies.get('mason_session')).not.toBe('x'.repeat(43))
  })

  test('ends on every node within a second of signing out, or of being revoked', async () => {
    const { url } = await platform.addNode()
    const [{ browser }, { browser: other }] = [await signedIn(platform, person), await signedIn(platform, person)]
    const [there, otherThere] = [browser.at(url), other.at(url)]
    for (const at of [there, otherThere]) expect((await at.get('/v1/default/group')).status).toBe(200)
    await browser.post('/auth/sign-out')
    await becomes401(there, '/v1/default/group')
    const list = (await other.get('/auth/sessions')).body.data
    const own = list.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent)
    expect(own).toMatchObject({ address: '127.0.0.1', userAgent: 'node' })
    expect((await other.send('DELETE', own.self)).status).toBe(200)
    await becomes401(otherThere, '/v1/default/group')
    expect((await browser.post('/auth/sign-out')).status).toBe(200)
  })

  test('ends the streams that it opened with itself; so does a key', async () => {
    const { browser } = await signedIn(platform, person)
    const { data } = await account.call(createApiKey, { name: 'stream', scopes: ['fleet:read'] })
    const open = (headers: Record<string, string>) => fetch(`${platform.url}/v1/default/event/stream`, { headers })
    const streams = [await open({ cookie: browser.cookie }), await open({ authorization: `basic ${data[0]?.key}` })]
    await browser.post('/auth/sign-out')
    await account.call(deleteApiKey, { id: data[0]?.id ?? '' })
    for (const stream of streams) expect(await stream.text()).toContain(': connected')
  })

  test('that is missing opens no dialog of the browser over the page', async () => {
    const browser = new Browser(platform.url)
    const challenge = async (headers: Record<string, string>) =>
      (await browser.send('GET', '/auth/session', undefined, headers)).headers.get('www-authenticate')
    expect(await challenge({ 'user-agent': 'Mozilla/5.0', accept: '*/*' })).toBe('Bearer realm="mason"')
    expect(await challenge({ 'user-agent': 'curl/8' })).toMatch(/^Basic/)
  })

  test("is not another person's to see or end", async () => {
    const outsider = await newUser(platform, await platform.newAccount())
    const list = (await person.browser.get('/auth/sessions')).body.data
    expect(list.length).toBeGreaterThan(0)
    expect((await outsider.browser.get('/auth/sessions')).body.data).toHaveLength(1)
    expect((await outsider.browser.send('DELETE', list[0].self)).status).toBe(404)
  })

  test('ends when it is not used, and at the latest after its time', async () => {
    for (const change of [sql`last_used_at = now() - interval '73 hours'`, sql`expires_at = now()`]) {
      // One that has not been used: what it was used for is noted a second later, over what is set here.
      const browser = new Browser(platform.url)
      const { id: own } = (await browser.signIn(person.email, password)).body.data[0]
      expect(own).toBeDefined()
      await platform.database.query(sql`UPDATE user_session SET ${change} WHERE id = ${own}`)
      // A node that has it in memory goes by that: another one does not.
      const { url } = await platform.addNode()
      expect((await browser.at(url).get('/auth/session')).status).toBe(401)
    }
  })

  test('notes when it was used', async () => {
    const { browser } = await signedIn(platform, person)
    const used = async () =>
      (await person.browser.get('/auth/sessions')).body.data.find(({ id }: { id: string }) => id === own).lastUsedAt
    const own = (await browser.get('/auth/session')).body.data[0].id
    const first = await used()
    await expect
      .poll(async () => {
        await browser.get('/auth/session')
        return used()
      })
      .not.toBe(first)
  })

  test('is of no use to the page of another site', async () => {
    const change = (headers: Record<string, string>) => {
      const admin = new Browser(platform.url)
      admin.headers = headers
      admin.cookies.set('mason_session', person.browser.cookies.get('mason_session') ?? '')
      return admin.post('/auth/password', { currentPassword: 'x', newPassword: 'y' })
    }
    const origin = new URL(platform.url).origin
    const cross: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    const own: Record<string, string>[] = [{ 'sec-fetch-site': 'same-origin' }, { origin }, {}]
    for (const headers of cross) expect((await change(headers)).status, JSON.stringify(headers)).toBe(403)
    for (const headers of own) expect((await change(headers)).status, JSON.stringify(headers)).toBe(400)
    const login = new Browser(platform.url)
    login.headers = { 'sec-fetch-site': 'cross-site' }
    expect((await login.signIn(person.email, password)).status).toBe(403)
  })

  test('changes with the scopes of its user, at once', async () => {
    const changing = await newUser(platform, account, ['fleet:read'])
    expect((await changing.browser.get('/v1/default/group')).status).toBe(200)
    await account.call(updateUser, { id: changing.id, scopes: ['key:read'] })
    await expect.poll(async () => (await changing.browser.get('/v1/default/group')).status).toBe(403)
    expect((await changing.browser.get('/v1/default/apikey')).status).toBe(200)
  })

  test('repeats the answer to a repeated Idempotency-Key', async () => {
    const admin = await newUser(platform, account, ['fleet:admin'])
    const send = () => admin.browser.send('POST', '/v1/default/group', { name: 'kiosks' }, { 'idempotency-key': 'k1' })
    const [first, second] = [await send(), await send()]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.headers.get('idempotent-replayed')).toBe('true')
  })
})
