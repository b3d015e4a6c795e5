import { createApiKey, deleteApiKey, type NewApiKey } from '@mason/contract/apikey'
import { deleteUser, getAccount, updateAccount, updateUser } from '@mason/contract/user'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import sql from 'sql-template-tag'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { withTypo } from '../../../test/typo.ts'
import { Browser, enrollTotp, newUser, password, type TestUser } from '../../../test/users.ts'
import { openSealer } from '../../core/encryption-key.ts'
import { rotateSigningKeys } from './signing-keys.ts'

const platform = usePlatform({ TRUST_PROXY: 'true' })
let account: TestAccount

beforeAll(async () => {
  account = await platform.newAccount()
})

async function newClient(fields: Partial<NewApiKey> = {}) {
  const { data } = await account.call(createApiKey, {
    name: 'client',
    scopes: ['fleet:manager', 'key:read'],
    ...fields,
  })
  return { id: data[0]?.id ?? '', key: data[0]?.key ?? '' }
}

interface Sent {
  form?: Record<string, string>
  json?: unknown
  headers?: Record<string, string>
}

async function post(path: string, { form, json, headers = {} }: Sent, url = platform.url) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: form ? new URLSearchParams(form) : JSON.stringify(json),
  })
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the answer happens to be
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read what the answer happens to be
const getJson = async (url: string): Promise<any> => (await fetch(url)).json()

const grant = { grant_type: 'client_credentials' }
const basic = (id: string, key: string) => ({ authorization: `Basic ${btoa(`${id}:${key}`)}` })
const get = (token: string, path = '/v1/default/group', url = platform.url, headers = {}) =>
  fetch(url + path, { headers: { authorization: `Bearer ${token}`, ...headers } })
const statusOf = async (...parameters: Parameters<typeof get>) => (await get(...parameters)).status
const dies = (...parameters: Parameters<typeof get>) => expect.poll(() => statusOf(...parameters)).toBe(401)

describe('client credentials', () => {
  test('give a token by form, JSON or Basic, that works as the key does', async () => {
    const { id, key } = await newClient()
    for (const sent of [
      { form: { ...grant, client_id: id, client_secret: key, audience: 'ignored' } },
      { json: { ...grant, client_id: id, client_secret: key } },
      { form: grant, headers: basic(id, key) },
    ] as Sent[]) {
      const { status, headers, body } = await post('/oauth/token', sent)
      expect(status, JSON.stringify(body)).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'fleet:manager key:read' })
      expect(await statusOf(body.access_token)).toBe(200)
      expect(await statusOf(body.access_token, '/v1/default/user')).toBe(403)
    }
  })

  test('narrow to fewer scopes, never to others', async () => {
    const { id, key } = await newClient()
    const ask = (scope: string) => post('/oauth/token', { form: { ...grant, scope }, headers: basic(id, key) })
    const { body } = await ask('FLEET:READ')
    expect(body.scope).toBe('fleet:read')
    expect(await statusOf(body.access_token)).toBe(200)
    expect(await statusOf(body.access_token, '/v1/default/apikey')).toBe(403)
    for (const scope of ['fleet:admin', 'fleet:read nonsense', 'account:owner'])
      expect(await ask(scope)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    const narrow = { authorization: `Bearer ${body.access_token}` }
    const made = await post('/v1/default/apikey', { json: { name: 'x', scopes: ['fleet:read'] }, headers: narrow })
    expect(made.status).toBe(403)
  })

  test('are refused in the words of RFC 6749, with ours beside them', async () => {
    const { id, key } = await newClient()
    const ask = (form: Record<string, string>, headers = {}) => post('/oauth/token', { form, headers })
    const wrong = await ask({ ...grant, client_id: id, client_secret: withTypo(key) })
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client', type: 'authentication_error' } })
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic/)
    expect(wrong.body.error_description).toBe(wrong.body.message)
    expect(wrong.body.requestId).toBe(wrong.headers.get('x-request-id'))
    const other = await newClient()
    expect(await ask(grant, basic(id, other.key))).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await ask(grant)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await ask({ client_id: id, client_secret: key })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(await ask({ ...grant, client_secret: key }, basic(id, key))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(await ask({ grant_type: 'authorization_code' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type', type: 'invalid_request_error' },
    })
    const twice = await fetch(`${platform.url}/oauth/token`, { method: 'POST', body: 'grant_type=a&grant_type=b' })
    expect(await twice.json()).toMatchObject({ error: 'invalid_request' })
  })

  test('die with the key, on every node', async () => {
    const { url } = await platform.addNode()
    const { id, key } = await newClient()
    const { access_token } = (await post('/oauth/token', { form: grant, headers: basic(id, key) })).body
    for (const base of [platform.url, url]) expect(await statusOf(access_token, undefined, base)).toBe(200)
    await account.call(deleteApiKey, { id })
    for (const base of [platform.url, url]) await dies(access_token, undefined, base)
  })

  test('last no longer than the key, and work from no other address', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const { id, key } = await newClient({ expiresAt, allowedIps: ['192.0.2.1'] })
    const here = { 'x-forwarded-for': '192.0.2.1' }
    expect((await post('/oauth/token', { form: grant, headers: basic(id, key) })).status).toBe(401)
    const { body } = await post('/oauth/token', { form: grant, headers: { ...basic(id, key), ...here } })
    expect(body.expires_in).toBeLessThanOrEqual(60)
    expect(await statusOf(body.access_token)).toBe(401)
    expect(await statusOf(body.access_token, undefined, undefined, here)).toBe(200)
  })

  test('cannot be made up: other keys, no signature, another algorithm', async () => {
    const { id, key } = await newClient()
    const { access_token } = (await post('/oauth/token', { form: grant, headers: basic(id, key) })).body
    const [head = '', body = '', signature = ''] = access_token.split('.')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const wider = encode({ ...decodeJwt(access_token), scope: 'account:owner' })
    for (const token of [
      `${head}.${wider}.${signature}`,
      `${encode({ alg: 'none' })}.${wider}.`,
      `${encode({ ...decodeProtectedHeader(access_token), alg: 'HS256' })}.${body}.${signature}`,
      `${head}.${body}.`,
      '..',
      'a.b.c',
    ])
      expect(await statusOf(token), token).toBe(401)
  })
})

describe('the keys that sign', () => {
  test('are published, without their private parts, where the metadata says', async () => {
    const metadata = await getJson(`${platform.url}/.well-known/oauth-authorization-server`)
    expect(metadata).toMatchObject({ issuer: platform.url, token_endpoint: `${platform.url}/oauth/token` })
    const { id, key } = await newClient()
    const { access_token } = (await post('/oauth/token', { form: grant, headers: basic(id, key) })).body
    const keySet = createRemoteJWKSet(new URL(metadata.jwks_uri))
    const { payload, protectedHeader } = await jwtVerify(access_token, keySet, {
      issuer: metadata.issuer,
      typ: 'at+jwt',
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toMatchObject({ sub: id, client_id: id })
    const { keys } = await getJson(metadata.jwks_uri)
    for (const jwk of keys) expect(jwk).not.toHaveProperty('d')
  })

  test('rotate: a new one is shown before it signs, an old one until its tokens have expired', async () => {
    const { id, key } = await newClient()
    const issue = async (url = platform.url) => {
      const { access_token } = (await post('/oauth/token', { form: grant, headers: basic(id, key) }, url)).body
      return access_token as string
    }
    const rotate = async () =>
      rotateSigningKeys(await openSealer(platform.database, platform.config)).run(platform.database)
    const age = (days: number) =>
      platform.database.query(sql`UPDATE signing_key SET created_at = created_at - make_interval(days => ${days})`)
    // A node reads the keys now and then; a new one at once.
    const kids = async () => {
      const { url } = await platform.addNode()
      const { keys } = await getJson(`${url}/.well-known/jwks.json`)
      return { url, kids: keys.map(({ kid }: { kid: string }) => kid) as string[] }
    }
    const token = await issue()
    const { kid: first } = decodeProtectedHeader(token)
    await Promise.all([rotate(), rotate()])
    expect((await kids()).kids).toEqual([first])
    await age(31)
    await Promise.all([rotate(), rotate()])
    const during = await kids()
    expect(during.kids).toHaveLength(2)
    expect(decodeProtectedHeader(await issue(during.url)).kid).toBe(first)
    await age(1)
    const after = await kids()
    const newer = await issue(after.url)
    expect(decodeProtectedHeader(newer).kid).toBe(after.kids[1])
    expect(await statusOf(token, undefined, after.url)).toBe(200)
    // This node has not read the new key yet.
    expect(await statusOf(newer)).toBe(200)
    await age(31)
    await rotate()
    expect((await kids()).kids).not.toContain(first)
  })
})

describe('the older command line', () => {
  let person: TestUser
  const login = (username: string, secret = password) => ({
    client_id: 'abc',
    username,
    password: secret,
    connection: 'Username-Password-Authentication',
    grant_type: 'password',
    scope: 'openid',
    device: 'x',
  })

  beforeAll(async () => {
    person = await newUser(platform, account, ['fleet:read'])
  })

  test('gets tokens by JSON or form, and learns its account', async () => {
    for (const sent of [{ json: login(person.email) }, { form: login(person.email) }]) {
      const { status, body } = await post('/oauth/ro', sent)
      expect(status, JSON.stringify(body)).toBe(200)
      const info = await (await get(body.access_token, '/userinfo')).json()
      const [{ name } = { name: '' }] = (await account.call(getAccount)).data
      expect(info).toEqual({ sub: person.id, email: person.email, user_metadata: { clients: [name] } })
      expect(await statusOf(body.id_token)).toBe(200)
      expect(await statusOf(body.id_token, '/v1/default/user')).toBe(403)
      const { aud, exp = 0, iat = 0 } = decodeJwt(body.id_token)
      expect([aud, exp - iat]).toEqual(['abc', 30 * 86_400])
      // Another node has never seen the token.
      const { url } = await platform.addNode()
      expect(await statusOf(body.id_token, undefined, url)).toBe(200)
    }
  })

  test('gets the refusal of RFC 6749 for a wrong password, and is throttled', async () => {
    const answers = []
    for (let count = 0; count < 11; count++)
      answers.push(await post('/oauth/ro', { json: login('no@example.com', 'x') }))
    expect(answers[0]).toMatchObject({ status: 400, body: { error: 'invalid_grant', type: 'invalid_request_error' } })
    expect(answers.at(-1)).toMatchObject({ status: 429, body: { type: 'rate_limit_error' } })
  })

  test('is told to use a key where a second factor is needed', async () => {
    const enrolled = await newUser(platform, account)
    await enrollTotp(enrolled)
    const refused = await post('/oauth/ro', { json: login(enrolled.email) })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(refused.body.message).toContain('use an API key')
    const strict = await platform.newAccount()
    const plain = await newUser(platform, strict)
    await strict.call(updateAccount, { totpRequired: true })
    expect((await post('/oauth/ro', { json: login(plain.email) })).status).toBe(400)
  })

  test('loses its tokens when the user is removed or disabled, or the password changes', async () => {
    const endings: ((person: TestUser) => Promise<unknown>)[] = [
      ({ id }) => account.call(deleteUser, { id }),
      ({ id }) => account.call(updateUser, { id, disabled: true }),
      ({ browser }) =>
        browser.post('/auth/password', { currentPassword: password, newPassword: 'one that is quite new' }),
    ]
    for (const end of endings) {
      const leaving = await newUser(platform, account)
      const { body } = await post('/oauth/ro', { json: login(leaving.email) })
      expect(await statusOf(body.id_token)).toBe(200)
      await end(leaving)
      await dies(body.id_token)
      await dies(body.access_token, '/userinfo')
    }
  })

  test('may ask who it is with a key as well', async () => {
    const { key } = await newClient()
    expect(await statusOf(key, '/userinfo')).toBe(200)
    expect((await new Browser(platform.url).get('/userinfo')).status).toBe(401)
  })
})
