import { createApiKey, deleteApiKey, getApiKey, listApiKeys } from '@mason/contract/apikey'
import { getDevice } from '@mason/contract/device'
import { createGroup, listGroups } from '@mason/contract/group'
import { type Client, createClient } from '@mason/sdk/client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { withTypo } from '../../../test/typo.ts'
import { generateKey, isWellFormedKey } from '../../core/key.ts'

afterEach(() => vi.useRealTimers())

const platform = usePlatform()

async function newKey(account: Client, input: { scopes: string[] } & Record<string, unknown>, baseUrl = platform.url) {
  const {
    data: [made],
  } = await account.call(createApiKey, { name: 'test', ...input })
  const key = made?.key ?? ''
  return { id: made?.id ?? '', key, ...createClient({ baseUrl, key, maxRetries: 0 }) }
}

describe('an API key', () => {
  test('has a form that a scanner can know, and a checksum', () => {
    const key = generateKey()
    expect(key).toMatch(/^mason_[0-9A-Za-z]{49}$/)
    expect(isWellFormedKey(key)).toBe(true)
    const typo = withTypo(key)
    expect(isWellFormedKey(typo)).toBe(false)
  })

  test('is deleted only by who holds all its scopes, an owner by owners alone', async () => {
    const account = await platform.newAccount()
    const admin = await newKey(account, { scopes: ['key:admin', 'fleet:manager'] })
    const { data } = await account.call(listApiKeys)
    const owner = data.find(({ scopes }) => scopes.includes('account:owner'))?.id ?? ''
    const wide = await newKey(account, { scopes: ['fleet:read', 'fleet:admin'] })
    const narrow = await newKey(account, { scopes: ['fleet:read', 'fleet:move', 'key:read'] })
    for (const [id, lacking] of [
      [owner, 'account:owner'],
      [wide.id, 'fleet:admin'],
    ] as const)
      await expect(admin.call(deleteApiKey, { id })).rejects.toMatchObject({
        status: 403,
        message: expect.stringMatching(new RegExp(`scope ${lacking}$`)),
      })
    await wide.call(listGroups)
    await account.call(listGroups)
    await admin.call(deleteApiKey, { id: narrow.id })
    await admin.call(deleteApiKey, { id: admin.id })
    await account.call(deleteApiKey, { id: wide.id })
    await account.call(deleteApiKey, { id: owner })
  })

  test('is shown once and kept only as a hash', async () => {
    const account = await platform.newAccount()
    const { id, key } = await newKey(account, { scopes: ['FLEET:READ', 'fleet:read', 'Key:Read'] })
    const {
      data: [read],
    } = await account.call(getApiKey, { id })
    expect(read).toEqual({
      id,
      name: 'test',
      prefix: key.slice(0, 10),
      scopes: ['fleet:read', 'key:read'],
      createdAt: expect.any(String),
      self: `/v1/default/apikey/${id}`,
    })
    expect((await account.call(listApiKeys)).data.map((shown) => shown.id)).toContain(id)
    const { rows } = await platform.database.pool.query('SELECT api_key::text AS row FROM api_key WHERE id = $1', [id])
    expect(rows[0].row).not.toContain(key.slice(10))
  })

  test('does what its scopes include, and no more', async () => {
    const account = await platform.newAccount()
    const reader = await newKey(account, { scopes: ['fleet:read'] })
    await reader.call(listGroups)
    await expect(reader.call(createGroup, { name: 'x' })).rejects.toMatchObject({
      status: 403,
      type: 'permission_error',
      message: expect.stringContaining('fleet:admin'),
    })
    const manager = await newKey(account, { scopes: ['fleet:manager'] })
    const { id } = await newDevice(platform, account)
    await manager.call(getDevice, { id })
  })

  test('cannot hand on what it lacks', async () => {
    const account = await platform.newAccount()
    const admin = await newKey(account, { scopes: ['key:admin', 'fleet:manager'] })
    await newKey(admin, { scopes: ['fleet:read', 'key:read'] })
    await expect(newKey(admin, { scopes: ['fleet:read', 'fleet:admin'] })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('fleet:admin'),
    })
    await expect(newKey(account, { scopes: [] })).rejects.toMatchObject({ status: 400, errors: [{ path: '/scopes' }] })
    await expect(newKey(account, { scopes: ['fleet:fly'] })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/scopes/0' }],
    })
  })

  test('that is deleted stops on every node within a second', async () => {
    const account = await platform.newAccount()
    const other = await platform.addNode()
    const doomed = await newKey(account, { scopes: ['fleet:read'] })
    const elsewhere = createClient({ baseUrl: other.url, key: doomed.key, maxRetries: 0 })
    await doomed.call(listGroups)
    await elsewhere.call(listGroups)
    await account.call(deleteApiKey, { id: doomed.id })
    for (const { call } of [doomed, elsewhere])
      await eventually(() =>
        expect(call(listGroups)).rejects.toMatchObject({ status: 401, type: 'authentication_error' }),
      )
    await expect(account.call(getApiKey, { id: doomed.id })).rejects.toMatchObject({ status: 404 })
    await expect(account.call(deleteApiKey, { id: doomed.id })).rejects.toMatchObject({ status: 404 })
  })

  test('ends when it expires, though it is known', async () => {
    const account = await platform.newAccount()
    const brief = await newKey(account, {
      scopes: ['fleet:read'],
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    })
    await brief.call(listGroups)
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] })
    await expect(brief.call(listGroups)).rejects.toMatchObject({ status: 401 })
    vi.useRealTimers()
    await expect(newKey(account, { scopes: ['fleet:read'], expiresAt: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
      status: 400,
    })
  })

  test('works only from its addresses', async () => {
    const account = await platform.newAccount()
    await (await newKey(account, { scopes: ['fleet:read'], allowedIps: ['10.0.0.0/8', '127.0.0.1'] })).call(listGroups)
    const away = await newKey(account, { scopes: ['fleet:read'], allowedIps: ['10.0.0.0/8', '2001:db8::/32'] })
    await expect(away.call(listGroups)).rejects.toMatchObject({ status: 401 })
    await expect(newKey(account, { scopes: ['fleet:read'], allowedIps: ['10.0.0.0/33'] })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/allowedIps/0' }],
    })
  })

  test('tells when it was last used', async () => {
    const account: TestAccount = await platform.newAccount()
    const used = await newKey(account, { scopes: ['fleet:read'] })
    await used.call(listGroups)
    await eventually(async () =>
      expect((await account.call(getApiKey, { id: used.id })).data[0]?.lastUsedAt).toBeDefined(),
    )
  })
})
