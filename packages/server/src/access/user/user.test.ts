import { randomUUID } from 'node:crypto'
import { createApiKey } from '@mason/contract/apikey'
import { listEvents } from '@mason/contract/event'
import { deleteUser, getUser, inviteUser, listUsers, updateAccount, updateUser } from '@mason/contract/user'
import type { ApiError } from '@mason/sdk/api-error'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { Browser, newUser, password, type TestUser, tokenIn } from '../../../test/users.ts'
import { issueLink } from './link.ts'
import { breakGlass } from './owner.ts'

const platform = usePlatform()

const newEmail = () => `${randomUUID()}@example.com`
const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => 200,
    (error: ApiError) => error.status,
  )

async function clientWith({ call }: TestAccount, scopes: string[]) {
  const { data } = await call(createApiKey, { name: 'limited', scopes })
  return createClient({ baseUrl: platform.url, key: data[0]?.key ?? '', maxRetries: 0 })
}

describe('an invitation', () => {
  test('is a link, shown once, that lets one person join once', async () => {
    const account = await platform.newAccount()
    const email = `Ada.${newEmail()}`
    const { data } = await account.call(inviteUser, { email, name: 'Ada', preset: 'read-only' })
    const [invited] = data
    expect(invited).toMatchObject({ email: email.toLowerCase(), name: 'Ada', state: 'invited', hasTotp: false })
    expect(invited?.link).toMatch(new RegExp(`^${platform.url}/join#[0-9A-Za-z]{43}$`))
    expect((await account.call(getUser, { id: invited?.id ?? '' })).data[0]?.link).toBeUndefined()
    const token = tokenIn(invited?.link)
    const browser = new Browser(platform.url)
    expect((await browser.signIn(email, password)).status).toBe(401)
    const link = (await browser.post('/auth/link', { token })).body.data[0]
    expect(link).toMatchObject({ kind: 'invitation', email: email.toLowerCase() })
    expect((await browser.post('/auth/link/accept', { token, password: 'password1' })).status).toBe(400)
    const accept = () => new Browser(platform.url).post('/auth/link/accept', { token, password })
    const answers = await Promise.all([accept(), accept(), accept()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404])
    expect((await account.call(getUser, { id: invited?.id ?? '' })).data[0]?.state).toBe('active')
    expect((await browser.signIn(email, password)).status).toBe(200)
    const events = (await account.call(listEvents, { type: 'user.' })).data
    expect(events.map(({ type, actor }) => [type, actor.kind])).toEqual([
      ['user.invited', 'key'],
      ['user.joined', 'user'],
    ])
    expect(JSON.stringify(events), 'who reads events need not read users').not.toContain('example.com')
  })

  test('is renewed by a reset, and the older link is dead', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(inviteUser, { email: newEmail(), scopes: ['fleet:read'] })
    const again = await account.call(updateUser, { id: data[0]?.id ?? '', reset: ['password'] })
    const browser = new Browser(platform.url)
    expect((await browser.post('/auth/link', { token: tokenIn(data[0]?.link) })).status).toBe(404)
    expect((await browser.post('/auth/link', { token: tokenIn(again.data[0]?.link) })).body.data[0].kind).toBe(
      'invitation',
    )
  })

  test('needs scopes or a preset, and an address that is not taken in the account', async () => {
    const account = await platform.newAccount()
    const email = newEmail()
    expect(await statusOf(account.call(inviteUser, { email }))).toBe(400)
    expect(await statusOf(account.call(inviteUser, { email, scopes: ['fleet:read'], preset: 'admin' }))).toBe(400)
    expect(await statusOf(account.call(inviteUser, { email, scopes: ['fleet:nothing'] }))).toBe(400)
    expect(await statusOf(account.call(inviteUser, { email, preset: 'admin' }))).toBe(200)
    expect(await statusOf(account.call(inviteUser, { email: email.toUpperCase(), preset: 'admin' }))).toBe(409)
    const other = await platform.newAccount()
    expect(await statusOf(other.call(inviteUser, { email, preset: 'admin' }))).toBe(200)
  })

  test('sent again under its Idempotency-Key invites once', async () => {
    const account = await platform.newAccount()
    const invite = () =>
      account.call(inviteUser, { email: 'ada@example.com', preset: 'admin' }, { idempotencyKey: 'one' })
    const [first, second] = [await invite(), await invite()]
    expect(second).toEqual(first)
    expect((await account.call(listUsers)).data).toHaveLength(1)
  })
})

test('one address may be a user of two accounts: the password, or the account, says which', async () => {
  const [one, two] = [await platform.newAccount(), await platform.newAccount()]
  const email = newEmail()
  const join = async ({ call }: TestAccount, secret: string) => {
    const { data } = await call(inviteUser, { email, preset: 'read-only' })
    await new Browser(platform.url).post('/auth/link/accept', { token: tokenIn(data[0]?.link), password: secret })
  }
  await join(one, 'the first password')
  await join(two, 'the second password')
  const accountOf = async (body: object) => {
    const answer = await new Browser(platform.url).post('/auth/sign-in', { email, ...body })
    return answer.body.data?.[0].account
  }
  const first = await accountOf({ password: 'the first password' })
  expect(first.id).toBe(one.accountId)
  expect((await accountOf({ password: 'the second password' })).id).toBe(two.accountId)
  expect(await accountOf({ password: 'the second password', account: first.name })).toBeUndefined()
})

describe('nobody', () => {
  test('hands on scopes, or changes somebody who holds scopes, that they lack', async () => {
    const account = await platform.newAccount()
    const admin = await newUser(platform, account, ['user:admin', 'fleet:read'])
    const owner = await newUser(platform, account, ['account:owner'])
    const asAdmin = (method: string, path: string, body?: object) =>
      admin.browser.send(method, `/v1/default/user${path}`, body)
    const email = newEmail()
    expect((await asAdmin('POST', '', { email, scopes: ['fleet:read', 'user:read'] })).status).toBe(200)
    expect((await asAdmin('POST', '', { email: newEmail(), scopes: ['fleet:admin'] })).status).toBe(403)
    expect((await asAdmin('POST', '', { email: newEmail(), preset: 'owner' })).status).toBe(403)
    expect((await asAdmin('POST', `/${admin.id}`, { scopes: ['account:owner'] })).status).toBe(403)
    for (const body of [{ reset: ['password'] }, { disabled: true }, { reset: ['totp'] }, { scopes: ['fleet:read'] }])
      expect((await asAdmin('POST', `/${owner.id}`, body)).status, JSON.stringify(body)).toBe(403)
    expect((await asAdmin('DELETE', `/${owner.id}`)).status).toBe(403)
    const key = await clientWith(account, ['user:admin'])
    expect(await statusOf(key.call(inviteUser, { email: newEmail(), scopes: ['fleet:read'] }))).toBe(403)
    const made = await admin.browser.post('/v1/default/apikey', { name: 'x', scopes: ['fleet:read'] })
    expect(made.body.message).toBe('You lack the scope key:admin')
  })

  test('sees or changes users of another account', async () => {
    const [account, outsider] = [await platform.newAccount(), await platform.newAccount()]
    const { id } = await newUser(platform, account)
    expect(await statusOf(outsider.call(getUser, { id }))).toBe(404)
    expect(await statusOf(outsider.call(updateUser, { id, disabled: true }))).toBe(404)
    expect(await statusOf(outsider.call(deleteUser, { id }))).toBe(404)
    expect((await outsider.call(listUsers)).data).toEqual([])
  })
})

describe('the last owner', () => {
  test('can be neither removed, disabled nor demoted', async () => {
    const account = await platform.newAccount()
    const { id } = await newUser(platform, account, ['account:owner'])
    await account.call(inviteUser, { email: newEmail(), preset: 'owner' })
    expect(await statusOf(account.call(deleteUser, { id }))).toBe(409)
    expect(await statusOf(account.call(updateUser, { id, disabled: true }))).toBe(409)
    expect(await statusOf(account.call(updateUser, { id, preset: 'admin' }))).toBe(409)
    expect(await statusOf(account.call(updateUser, { id, name: 'Ada' }))).toBe(200)
  })

  test.each([
    ['removed', (id: string, { call }: TestAccount) => call(deleteUser, { id })],
    ['demoted', (id: string, { call }: TestAccount) => call(updateUser, { id, preset: 'admin' })],
  ] as const)('stays when both of two owners are %s at once', async (_name, end) => {
    const account = await platform.newAccount()
    const owners = [
      await newUser(platform, account, ['account:owner']),
      await newUser(platform, account, ['account:owner']),
    ]
    const statuses = await Promise.all(owners.map(({ id }) => statusOf(end(id, account))))
    expect(statuses.sort()).toEqual([200, 409])
  })
})

describe('a user', () => {
  test('who is removed or disabled can do nothing more, on any node, and one enabled again can sign in', async () => {
    const account = await platform.newAccount()
    const [{ url }, removed, disabled] = [
      await platform.addNode(),
      await newUser(platform, account),
      await newUser(platform, account),
    ]
    const browsers = [removed.browser.at(url), disabled.browser.at(url)]
    for (const browser of browsers) expect((await browser.get('/v1/default/group')).status).toBe(200)
    await account.call(deleteUser, { id: removed.id })
    await account.call(updateUser, { id: disabled.id, disabled: true })
    for (const browser of browsers)
      await expect.poll(async () => (await browser.get('/v1/default/group')).status).toBe(401)
    for (const { email } of [removed, disabled])
      expect((await new Browser(platform.url).signIn(email, password)).status).toBe(401)
    expect(await statusOf(account.call(getUser, { id: removed.id }))).toBe(404)
    expect((await account.call(getUser, { id: disabled.id })).data[0]?.state).toBe('disabled')
    await account.call(updateUser, { id: disabled.id, disabled: false })
    expect((await new Browser(platform.url).signIn(disabled.email, password)).status).toBe(200)
    expect((await disabled.browser.get('/v1/default/group')).status).toBe(401)
    expect(await statusOf(account.call(inviteUser, { email: removed.email, preset: 'admin' }))).toBe(200)
  })

  test('whose password is reset sets a new one by a link; the old one and its sessions are dead', async () => {
    const account = await platform.newAccount()
    const { id, email, browser } = await newUser(platform, account)
    const { data } = await account.call(updateUser, { id, reset: ['password'] })
    expect((await new Browser(platform.url).signIn(email, password)).status).toBe(401)
    await expect.poll(async () => (await browser.get('/auth/session')).status).toBe(401)
    const token = tokenIn(data[0]?.link)
    expect((await browser.post('/auth/link', { token })).body.data[0].kind).toBe('reset')
    expect((await browser.post('/auth/link/accept', { token, password })).body.message).toContain('last five')
    expect((await browser.post('/auth/link/accept', { token, password: 'another one altogether' })).status).toBe(200)
    expect((await browser.get('/auth/session')).status).toBe(200)
  })
})

describe('a link for a new password is dead once the password was changed', () => {
  const links = { mailer: undefined, publicUrl: () => platform.url }
  const reset = 'another password altogether'

  test.each<[string, (account: TestAccount, person: TestUser) => Promise<unknown>]>([
    [
      'by its owner',
      (_, { browser }) => browser.post('/auth/password', { currentPassword: password, newPassword: reset }),
    ],
    [
      'by the command on the server',
      ({ accountId }, { email }) => breakGlass(platform.database, accountId, email, false),
    ],
    [
      'by an administrator, who has made another link',
      ({ call }, { id }) => call(updateUser, { id, reset: ['password'] }),
    ],
  ])('%s', async (_how, change) => {
    const account = await platform.newAccount()
    const person = await newUser(platform, account)
    const { accountId } = account
    const link = await issueLink(platform.database, links, { accountId, ...person }, 'reset')
    const token = tokenIn(link)
    const browser = new Browser(platform.url)
    expect((await browser.post('/auth/link', { token })).status).toBe(200)
    await change(account, person)
    expect((await browser.post('/auth/link', { token })).status).toBe(404)
    expect((await browser.post('/auth/link/accept', { token, password: 'a third password' })).status).toBe(404)
  })

  test('an invitation too, when the command on the server lets its user in', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(inviteUser, { email: newEmail(), scopes: ['fleet:read'] })
    await breakGlass(platform.database, account.accountId, data[0]?.email ?? '', false)
    const answer = await new Browser(platform.url).post('/auth/link', { token: tokenIn(data[0]?.link) })
    expect(answer.status).toBe(404)
  })
})

test('the account says whether it requires a second factor; only owners change that', async () => {
  const account = await platform.newAccount()
  const admin = await clientWith(account, ['user:admin'])
  expect(await statusOf(admin.call(updateAccount, { totpRequired: true }))).toBe(403)
  expect((await account.call(updateAccount, { totpRequired: true })).data[0]?.totpRequired).toBe(true)
})
