import { listAlerts } from '@mason/contract/alert'
import { createAlertRule } from '@mason/contract/alert-rule'
import { createCarrier, deleteCarrier, listCarriers, testCarrier, updateCarrier } from '@mason/contract/carrier'
import { listEvents } from '@mason/contract/event'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { getSim, listSims, registerSim, type SimState, updateSim } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import { compareSimUsage, getSimUsageSeries } from '@mason/contract/usage'
import { describe, expect, test } from 'vitest'
import { callsFakes, connect, connection, sync, useCarriers, waiting } from '../../../test/carriers/connect.ts'
import { dialects } from '../../../test/carriers/dialects.ts'
import type { FakeCarrier, Used } from '../../../test/carriers/fake.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

// What every type of connections must do, against a fake of each carrier.

const platform = usePlatform(callsFakes)
const newCarrier = useCarriers()

let serial = 0
const newIccid = () => withLuhnDigit(`8988${String(Date.now()).slice(-9)}${String(serial++).padStart(6, '0')}`)
const day = (daysAgo: number) => new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)
const simOf = async ({ call }: TestAccount, iccid: string) => {
  const [sim] = (await call(getSim, { iccid })).data
  if (!sim) throw new Error('there is no such SIM')
  return sim
}
const becomes = (account: TestAccount, iccid: string, wanted: object) =>
  expect.poll(() => simOf(account, iccid), waiting).toMatchObject(wanted)
/** Makes what waits for its time due at once. */
const letTimePass = ({ accountId }: TestAccount) =>
  platform.database.pool.query(
    `WITH late AS (UPDATE carrier SET held_until = NULL WHERE account_id = $1)
     UPDATE sim SET carrier_due = now() WHERE account_id = $1 AND pending_state IS NOT NULL AND carrier_call IS NULL`,
    [accountId],
  )
const settledInTime = (account: TestAccount, iccid: string, state: SimState) =>
  expect
    .poll(async () => {
      await letTimePass(account)
      const sim = await simOf(account, iccid)
      return { state: sim.state, pending: sim.pendingState }
    }, waiting)
    .toEqual({ state, pending: undefined })
const eventsOf = async (account: TestAccount, type: string) =>
  (await account.call(listEvents, { type, limit: 1000 })).data
const usageOf = async ({ call }: TestAccount, iccid: string, daysAgo: number): Promise<Used> => {
  const { data } = await call(getSimUsageSeries, { iccid, start: day(daysAgo), end: day(daysAgo - 1) })
  const { upload = -1, download = -1 } = data[0]?.usage ?? {}
  return { upload, download }
}

async function withSims(fake: FakeCarrier, states: readonly SimState[]): Promise<string[]> {
  return states.map((state) => fake.add(newIccid(), state).iccid)
}

describe.each(dialects.map((dialect) => [dialect.type, dialect] as const))('a connection to %s', (type, dialect) => {
  test('is made with credentials that the carrier takes, and shows them to nobody', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const wrong = Object.fromEntries(Object.keys(dialect.credentials).map((member) => [member, 'wrong']))
    const body = { type, name: 'one', credentials: wrong, options: { baseUrl: fake.url } }
    await expect(account.call(createCarrier, body)).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/credentials', message: expect.stringContaining('does not take the credentials') }],
    })
    const members = Object.keys(dialect.credentials)
    await expect(account.call(createCarrier, { ...body, credentials: {} })).rejects.toMatchObject({
      errors: [{ path: `/credentials/${members[0]}` }],
    })
    expect((await account.call(listCarriers)).data.map(({ name }) => name)).toEqual(['manual', 'simulated'])
    const [made] = (await account.call(createCarrier, { ...body, credentials: dialect.credentials })).data
    expect(made).toMatchObject({
      name: 'one',
      type,
      state: 'ok',
      abilities: { activate: true, suspend: true, list: true },
    })
    const texts = JSON.stringify([made, await account.call(listCarriers), await eventsOf(account, 'carrier.')])
    for (const secret of Object.values(dialect.credentials)) expect(texts).not.toContain(secret)
    expect((await account.call(testCarrier, { name: 'one' })).data[0]).toMatchObject({ ok: true })
    await expect(
      account.call(updateCarrier, { name: 'one', options: { baseUrl: `${fake.url}/other` } }),
    ).rejects.toMatchObject({ errors: [{ path: '/credentials' }] })
    await account.call(deleteCarrier, { name: 'one' })
    expect((await account.call(listCarriers)).data).toHaveLength(2)
  })

  test('registers SIMs of all pages once, with their states, numbers and usage of the month', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [first = '', second = '', third = ''] = await withSims(fake, ['active', 'suspended', 'ready'])
    for (let index = 0; index < 255; index++) fake.add(newIccid())
    fake.sims.get(first)?.usage.set(day(0), { upload: 1_234_567, download: 2_803 })
    fake.sims.get(first)?.usage.set(day(2), { upload: 1, download: 987_654_321_987 })
    // One that is registered already, by whom nobody is called, becomes the carrier's.
    await account.call(registerSim, { iccid: second, name: 'Till 2' })
    const name = await connect(account, fake)
    expect(await connection(account, name)).toMatchObject({
      counts: { sims: 258, imported: 257, unknown: 0, missing: 0 },
    })
    expect((await account.call(listSims, { carrier: name, limit: 1000 })).data).toHaveLength(258)
    expect(await simOf(account, first)).toMatchObject({
      ...{ carrier: name, state: 'active', carrierState: expect.any(String), asOf: expect.any(String) },
      imsi: expect.any(String),
    })
    expect((await simOf(account, second)).name).toBe('Till 2')
    expect(['ready', 'suspended']).toContain((await simOf(account, third)).state)
    expect(await usageOf(account, first, 0)).toEqual({ upload: 1_234_567, download: 2_803 })
    expect(await usageOf(account, first, 2)).toEqual({ upload: 1, download: 987_654_321_987 })
    expect(
      (await account.call(compareSimUsage, { iccid: first, start: day(0), end: day(-1) })).data[0]?.sources,
    ).toEqual([{ source: name, upload: 1_234_567, download: 2_803, total: 1_237_370 }])
    await sync(account, name)
    expect(await connection(account, name)).toMatchObject({ counts: { sims: 258, imported: 0, corrected: 0 } })
  })

  test('tells of SIMs that are not registered, where it is not to register them', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    await withSims(fake, ['active', 'active'])
    const gone = newIccid()
    const name = await connect(account, fake, { importSims: false })
    await account.call(registerSim, { iccid: gone, carrier: name })
    await sync(account, name)
    expect((await connection(account, name)).counts).toMatchObject({ sims: 2, unknown: 2, imported: 0, missing: 1 })
    expect(await simOf(account, gone)).toMatchObject({ carrierReason: 'The carrier does not list this SIM' })
    await expect(account.call(deleteCarrier, { name })).rejects.toMatchObject({ status: 409 })
  })

  test('carries changes of states out to their end', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = ''] = await withSims(fake, ['active'])
    const name = await connect(account, fake)
    for (const state of ['suspended', 'active'] as const) {
      await account.call(updateSim, { iccid, state })
      await settledInTime(account, iccid, state)
      expect(fake.sims.get(iccid)?.state).toBe(state)
      expect(await simOf(account, iccid)).toMatchObject({ carrierState: expect.any(String) })
    }
    const { limitations } = await connection(account, name)
    const end = account.call(updateSim, { iccid, state: 'deactivated' })
    if (limitations.deactivate !== undefined) {
      await expect(end).rejects.toMatchObject({ status: 409, message: limitations.deactivate })
      return
    }
    await end
    await settledInTime(account, iccid, 'deactivated')
    expect(['deactivated', undefined]).toContain(fake.sims.get(iccid)?.state)
    expect((await eventsOf(account, 'sim.state')).map(({ data }) => data.to)).toEqual([
      'suspended',
      'active',
      'deactivated',
    ])
  })

  test('refuses what the carrier refuses, and names it', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const name = await connect(account, fake)
    const iccid = newIccid()
    await account.call(registerSim, { iccid, carrier: name })
    await account.call(updateSim, { iccid, state: 'active' })
    await becomes(account, iccid, { state: 'ready', stateReason: expect.stringContaining('does not know this SIM') })
    expect(await eventsOf(account, 'sim.state')).toMatchObject([{ data: { to: 'active', failed: true } }])
  })

  test('corrects what was changed at the carrier, and says who did it', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = '', other = ''] = await withSims(fake, ['active', 'active'])
    const name = await connect(account, fake)
    const sim = fake.sims.get(iccid)
    if (sim) sim.state = 'suspended'
    await sync(account, name)
    expect(await simOf(account, iccid)).toMatchObject({ state: 'suspended', stateReason: expect.any(String) })
    expect(await simOf(account, other)).toMatchObject({ state: 'active' })
    expect(await eventsOf(account, 'sim.state')).toMatchObject([
      { actor: { kind: 'carrier', id: name }, subject: { id: iccid }, data: { from: 'active', to: 'suspended' } },
    ])
    expect((await connection(account, name)).counts).toMatchObject({ corrected: 1 })
    expect(await eventsOf(account, 'carrier.synced')).toMatchObject([
      { data: { imported: 2 } },
      { data: { corrected: 1 } },
    ])
  })

  test('takes the newest figures of the last days, and those that are gone', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = ''] = await withSims(fake, ['active'])
    const { usage = new Map<string, Used>() } = fake.sims.get(iccid) ?? {}
    usage.set(day(1), { upload: 100, download: 200 })
    usage.set(day(2), { upload: 300, download: 400 })
    usage.set(day(3), { upload: 500, download: 600 })
    const name = await connect(account, fake)
    usage.set(day(1), { upload: 101, download: 199 })
    usage.set(day(2), { upload: 0, download: 401 })
    usage.delete(day(3))
    usage.set(day(0), { upload: 7, download: 8 })
    await sync(account, name)
    expect(await usageOf(account, iccid, 0)).toEqual({ upload: 7, download: 8 })
    expect(await usageOf(account, iccid, 1)).toEqual({ upload: 101, download: 199 })
    expect(await usageOf(account, iccid, 2)).toEqual({ upload: 0, download: 401 })
    expect(await usageOf(account, iccid, 3)).toEqual({ upload: 0, download: 0 })
  })

  test.each([
    ['a Retry-After', { 'retry-after': '1' }],
    ['none', undefined],
  ])('waits where the carrier asks for it, with %s, and counts no attempt', async (_what, headers) => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = ''] = await withSims(fake, ['active'])
    const name = await connect(account, fake)
    for (let index = 0; index < 12; index++) fake.troubles.push({ status: 429, ...(headers && { headers }) })
    await account.call(updateSim, { iccid, state: 'suspended' })
    await expect.poll(() => fake.count(429), waiting).toBeGreaterThan(0)
    await settledInTime(account, iccid, 'suspended')
    expect(await eventsOf(account, 'carrier.error')).toEqual([])
    expect((await connection(account, name)).state).toBe('ok')
  })

  test('renews tokens that are no longer good', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = ''] = await withSims(fake, ['active'])
    const name = await connect(account, fake)
    fake.tokens.clear()
    await account.call(updateSim, { iccid, state: 'suspended' })
    fake.tokens.clear()
    await settledInTime(account, iccid, 'suspended')
    await sync(account, name)
    expect((await connection(account, name)).state).toBe('ok')
  })

  test('that fails is told once, tried again later, and at once when asked', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const [iccid = ''] = await withSims(fake, ['active'])
    const name = await connect(account, fake)
    await account.call(createAlertRule, {
      name: 'Carriers',
      condition: 'carrier.error',
      severity: 'critical',
      notify: {},
    })
    const down = () => fake.troubles.push({ status: 503, body: { message: 'down' } })
    for (let index = 0; index < 3; index++) down()
    const { lastSyncAt } = await connection(account, name)
    await platform.database.pool.query(`UPDATE carrier SET sync_due = now() WHERE account_id = $1 AND name = $2`, [
      ...[account.accountId, name],
    ])
    await expect
      .poll(() => connection(account, name), waiting)
      .toMatchObject({ state: 'error', lastError: expect.stringContaining('503') })
    await expect
      .poll(async () => (await account.call(listAlerts, { state: 'open' })).data, waiting)
      .toMatchObject([{ subject: { kind: 'carrier', id: name } }])
    expect((await connection(account, name)).lastSyncAt).toBe(lastSyncAt)
    fake.troubles.length = 0
    await sync(account, name)
    expect(await connection(account, name)).toMatchObject({ state: 'ok' })
    expect(await eventsOf(account, 'carrier.error')).toHaveLength(1)
    expect(await eventsOf(account, 'carrier.recovered')).toHaveLength(1)
    await expect.poll(async () => (await account.call(listAlerts, { state: 'open' })).data, waiting).toEqual([])
    expect(await simOf(account, iccid)).toMatchObject({ state: 'active' })
  })

  test('takes no answer that is not as documented', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const name = await connect(account, fake)
    for (const body of ['<html>', { data: 'nothing' }, [{ iccid: 7 }], null]) {
      for (let index = 0; index < 3; index++) fake.troubles.push({ status: 200, body, at: 'sim' })
      expect((await account.call(testCarrier, { name })).data[0]).toMatchObject({
        ok: false,
        error: expect.stringContaining('not as documented'),
      })
      fake.troubles.length = 0
    }
  })
})

test('is kept from addresses that are not public, and from plain HTTP', async () => {
  const account = await platform.newAccount()
  const open = (baseUrl: string) =>
    account.call(createCarrier, { type: 'telnyx', name: 'x', credentials: { apiKey: 'k' }, options: { baseUrl } })
  for (const url of [
    'https://10.0.0.1',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'ftp://x',
    'https://u:p@x.example',
  ])
    await expect(open(url)).rejects.toMatchObject({ status: 400, errors: [{ path: '/options/baseUrl' }] })
})
