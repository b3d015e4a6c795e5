import { createApiKey } from '@mason/contract/apikey'
import { type AuditEntry, listAuditEntries } from '@mason/contract/audit'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createExport, getExport } from '@mason/contract/export'
import { createGroup, listGroups, updateGroup } from '@mason/contract/group'
import { notifyDevices } from '@mason/contract/notification'
import { importSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { deleteUser, inviteUser, updateUser } from '@mason/contract/user'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'
import { newUser, password } from '../../../test/users.ts'

const platform = usePlatform({ TRUST_PROXY: '127.0.0.1' })

const trail = async (account: TestAccount, query = {}): Promise<AuditEntry[]> =>
  (await account.call(listAuditEntries, { limit: 1000, ...query })).data

const actionsOf = async (account: TestAccount, query = {}) => (await trail(account, query)).map(({ action }) => action)

const stored = async ({ accountId }: TestAccount) => {
  const { rows } = await platform.database.pool.query<{ entry: string }>(
    'SELECT row_to_json(e)::text AS entry FROM audit_entry AS e WHERE account_id = $1 ORDER BY id',
    [accountId],
  )
  return rows.map(({ entry }) => entry).join('\n')
}

describe('the audit trail', () => {
  test('says who did what to what, from where, and what it was before', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills', description: 'south' })
    const answer = await platform.fetch('/v1/default/group/tills', {
      method: 'POST',
      key: account.key,
      body: '{"description":"north"}',
      headers: { 'user-agent': 'a script', 'x-forwarded-for': '192.0.2.7' },
    })
    const [made, changed] = await trail(account)
    expect(made).toMatchObject({
      action: 'createGroup',
      subject: { kind: 'group', id: 'tills' },
      after: { name: 'tills', description: 'south' },
    })
    expect(made).not.toHaveProperty('before')
    expect(changed).toMatchObject({
      actor: { kind: 'key', name: 'owner' },
      action: 'updateGroup',
      subject: { kind: 'group', id: 'tills' },
      address: '192.0.2.7',
      userAgent: 'a script',
      requestId: answer.headers.get('x-request-id'),
      before: { description: 'south' },
      after: { description: 'north' },
    })
    expect(Object.keys(changed?.after ?? {})).toEqual(['description'])
  })

  test('has an entry of a refusal with its reason, and none of what was malformed or only read', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createApiKey, { name: 'reader', scopes: ['fleet:read'] })
    const reader = createClient({ baseUrl: platform.url, authorization: `basic ${data[0]?.key}` })
    await reader.call(listGroups)
    await expect(reader.call(createGroup, { name: 'x' })).rejects.toMatchObject({ status: 403 })
    await expect(account.call(createGroup, { name: 'not a name' })).rejects.toMatchObject({ status: 400 })
    await expect(account.call(updateGroup, { name: 'none', description: 'x' })).rejects.toMatchObject({ status: 404 })
    expect(await trail(account)).toMatchObject([
      { action: 'createApiKey', actor: { name: 'owner' } },
      { action: 'createGroup', actor: { name: 'reader' }, refusal: 'The API key lacks the scope fleet:admin' },
    ])
  })

  test('a refusal in the middle of a change leaves its entry, and nothing of the change', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createApiKey, { name: 'a', scopes: ['key:admin'] })
    const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${data[0]?.key}` })
    await expect(byKey.call(createApiKey, { name: 'b', scopes: ['account:owner'] })).rejects.toMatchObject({
      status: 403,
    })
    expect((await trail(account)).at(-1)).toMatchObject({ action: 'createApiKey', refusal: /cannot grant/ })
  })

  test('what runs once for its Idempotency-Key leaves one entry, in the transaction of its change', async () => {
    const account = await platform.newAccount()
    const send = () =>
      platform.fetch('/v1/default/group', {
        method: 'POST',
        key: account.key,
        body: '{"name":"once"}',
        headers: { 'idempotency-key': 'k1' },
      })
    await send()
    expect((await send()).headers.get('idempotent-replayed')).toBe('true')
    const [entry, ...more] = await trail(account)
    expect(more).toEqual([])
    const { data: events } = await account.call(listEvents)
    expect(events.map(({ id }) => id.slice(0, 16))).toEqual([entry?.id.slice(0, 16)])
    expect(await trail(account, { event: events[0]?.id })).toEqual([entry])
  })

  test('work on many is one entry', async () => {
    const account = await platform.newAccount()
    await Promise.all([newDevice(platform, account), newDevice(platform, account)])
    await account.call(notifyDevices, { type: 'refresh', target: { filter: { online: true } } })
    await account.call(notifyDevices, { type: 'refresh', target: { filter: { online: true } }, dryRun: true })
    const lines = Array.from({ length: 1_200 }, () => JSON.stringify({ iccid: newIccid() })).join('\n')
    for (const dryRun of ['', '?dryRun=true'])
      await platform.fetch(importSims.url.replace(':fleet', 'default') + dryRun, {
        method: 'POST',
        key: account.key,
        body: lines,
        headers: { 'content-type': 'application/x-ndjson' },
      })
    const actions = await actionsOf(account)
    expect(actions.filter((action) => action !== 'createEnrollment')).toEqual(['notifyDevices', 'importSims'])
  })

  test('a download leaves an entry, a further part of it none', async () => {
    const account = await platform.newAccount()
    const id = (await account.call(createExport, { kind: 'audit', format: 'csv' })).data[0]?.id ?? ''
    const done = () => account.call(getExport, { id })
    await eventually(async () => expect((await done()).data[0]?.state).toBe('succeeded'))
    const url = (await done()).data[0]?.contentUrl ?? ''
    const text = await (await platform.fetch(url, { key: account.key })).text()
    expect(text.split('\r\n')[0]).toContain('id,time,actorKind,actor,actorName,action')
    await platform.fetch(url, { key: account.key, headers: { range: 'bytes=5-' } })
    await platform.fetch(url, { key: account.key, method: 'HEAD' })
    expect(await trail(account)).toMatchObject([
      { action: 'createExport' },
      { action: 'getExportContent', subject: { kind: 'export', id } },
    ])
  })

  test('names whoever signs in, and keeps their password to itself', async () => {
    const account = await platform.newAccount()
    const person = await newUser(platform, account, ['fleet:admin'])
    await person.browser.post('/v1/default/group', { name: 'kiosks' })
    await person.browser.post('/auth/sign-out', {})
    await person.browser.signIn(person.email, password)
    const told = (await trail(account)).map(({ action, actor, subject }) => [action, actor.name, subject.kind])
    expect(told).toEqual([
      ['inviteUser', 'owner', 'user'],
      ['acceptLink', person.email, 'user'],
      ['createGroup', person.email, 'group'],
      ['signOut', person.email, 'user'],
      ['signIn', person.email, 'user'],
    ])
  })

  test("another account's trail is its own", async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    await other.call(createGroup, { name: 'theirs' })
    expect(await trail(account)).toEqual([])
  })
})

describe('its filters', () => {
  test('find by actor, action, subject and time', async () => {
    const account = await platform.newAccount()
    const iccid = newIccid()
    await account.call(registerSim, { iccid })
    await account.call(updateSim, { iccid, name: 'a' })
    await account.call(createGroup, { name: 'a' })
    const [first, , last] = await trail(account)
    expect(await actionsOf(account, { subject: iccid })).toEqual(['registerSim', 'updateSim'])
    expect(await actionsOf(account, { subject: `${iccid.slice(0, 4)} ${iccid.slice(4)}` })).toHaveLength(2)
    expect(await actionsOf(account, { subject: 'a' })).toEqual(['createGroup'])
    expect(await actionsOf(account, { action: 'createGroup' })).toEqual(['createGroup'])
    expect(await actionsOf(account, { actor: first?.actor.id })).toHaveLength(3)
    expect(await actionsOf(account, { actor: 'nobody' })).toEqual([])
    expect(await actionsOf(account, { start: first?.time })).toHaveLength(3)
    expect(await actionsOf(account, { end: first?.time })).toEqual([])
    expect(await actionsOf(account, { start: '2999-01-01' })).toEqual([])
    expect(await actionsOf(account, { start: '2020-01-01', end: last?.time, limit: 1 })).toEqual(['registerSim'])
  })
})

describe('what identifies a device, a card or a person', () => {
  test('stands in the trail only as a keyed hash, and is shown while it is known', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn({ imei: '356938035643809' })
    const iccid = newIccid()
    await account.call(registerSim, { iccid })
    await account.call(updateSim, { iccid, imeiLock: '356938035643809' })
    await account.call(putMarker, { iccid, key: 'customer', value: `of ${iccid}` })
    await account.call(updateDevice, { id: device.id, name: `${device.serialnumber} at the door` })
    await account.call(deleteDevice, { id: device.id })
    const email = `ada.${device.serialnumber}@example.com`.toLowerCase()
    const user = (await account.call(inviteUser, { email, scopes: ['user:read'] })).data[0]
    await account.call(updateUser, { id: user?.id ?? '', name: email })
    await account.call(deleteUser, { id: user?.id ?? '' })

    const kept = await stored(account)
    for (const plain of [device.serialnumber, '356938035643809', iccid, email]) expect(kept).not.toContain(plain)
    expect(await trail(account)).toMatchObject([
      { action: 'createEnrollment' },
      { action: 'registerSim', subject: { id: iccid }, after: { iccid } },
      { action: 'updateSim', before: {}, after: { imeiLock: '356938035643809' } },
      { action: 'putMarker', after: { markers: [{ key: 'customer', value: `of ${iccid}` }] } },
      { action: 'updateDevice', before: { name: device.serialnumber } },
      { action: 'deleteDevice', before: { serialnumber: device.serialnumber, imei: '356938035643809' } },
      { action: 'inviteUser', after: { email } },
      { action: 'updateUser', after: { name: email } },
      { action: 'deleteUser', before: { email } },
    ])
    await platform.database.pool.query('DELETE FROM audit_identity WHERE account_id = $1', [account.accountId])
    expect(JSON.stringify(await trail(account))).not.toContain(iccid)
  })
})
