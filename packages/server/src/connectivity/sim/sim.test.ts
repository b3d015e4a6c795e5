import { type Event, listEvents } from '@mason/contract/event'
import { deleteMarker, getSim, listSims, type NewSim, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()

const only = <T>({ data }: { data: T[] }): T => {
  expect(data).toHaveLength(1)
  return data[0] as T
}

const newSim = async (account: TestAccount, fields: Partial<NewSim> = {}) =>
  only(await account.call(registerSim, { iccid: newIccid(), ...fields }))

const eventsOf = async (account: TestAccount, iccid: string): Promise<Event[]> =>
  (await account.call(listEvents, { type: 'sim.' })).data.filter(({ subject }) => subject.id === iccid)

describe('a SIM', () => {
  test('is registered with its identifiers as they are kept, and read back', async () => {
    const account = await platform.newAccount()
    const sim = only(
      await account.call(registerSim, {
        iccid: '8988 3030 0000 0614 224F',
        name: 'Till 12',
        imsi: '90128 0000614227',
        msisdn: '+49 151 12345678',
        eid: '8904 9032 1234 5123 4512 3456 7890 1235',
        markers: [
          { key: 'site', value: 'Kiel, harbour' },
          { key: 'customer', value: 'taxis' },
        ],
      }),
    )
    const month = new Date().toISOString().slice(0, 7)
    expect(sim).toEqual({
      iccid: '8988303000000614224',
      self: '/v1/default/sim/8988303000000614224',
      name: 'Till 12',
      imsi: '901280000614227',
      msisdn: '4915112345678',
      eid: '89049032123451234512345678901235',
      carrier: 'manual',
      state: 'ready',
      markers: [
        { key: 'customer', value: 'taxis' },
        { key: 'site', value: 'Kiel, harbour' },
      ],
      createdAt: expect.any(String),
      usage: { total: 0, upload: 0, download: 0, unit: 'bytes', date: `${month}-01T00:00:00Z` },
    })
    expect(only(await account.call(getSim, { iccid: '8988303000000614224F' }))).toEqual(sim)
    expect((await eventsOf(account, sim.iccid)).map(({ type, data }) => [type, data])).toEqual([
      ['sim.registered', { carrier: 'manual' }],
    ])
  })

  test('is registered once in an account, also by many at once, and in another account too', async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const iccid = newIccid()
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => account.call(registerSim, { iccid })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ status: 409, message: 'The SIM is registered already' })
    expect(await newSim(other, { iccid })).toMatchObject({ iccid })
    expect((await account.call(listSims)).data).toHaveLength(1)
  })

  test.each([
    [{ iccid: '8988303000000614225' }, '/iccid'],
    [{ iccid: '898830300000061422' + '42' }, '/iccid'],
    [{ iccid: '1288303000000614' + '22' }, '/iccid'],
    [{ imsi: '12345' }, '/imsi'],
    [{ msisdn: '0151' }, '/msisdn'],
    [{ eid: '89049032123451234512345678901236' }, '/eid'],
    [{ carrier: 'pigeon' as 'manual' }, '/carrier'],
    [{ markers: [{ key: 'a:b', value: 'x' }] }, '/markers/0/key'],
    [{ markers: [{ key: 'a', value: 'x' }, { key: 'a', value: 'y' }] }, '/markers/1/key'], // biome-ignore format: one case a line
  ])('%o is refused', async (fields, path) => {
    const account = await platform.newAccount()
    await expect(newSim(account, fields)).rejects.toMatchObject({ status: 400, errors: [{ path }] })
  })

  test('is renamed, limited and locked; null removes', async () => {
    const account = await platform.newAccount()
    const { iccid } = await newSim(account)
    const dataLimit = { bytes: Number.MAX_SAFE_INTEGER, action: 'suspend' } as const
    const change = { name: 'Till', dataLimit, imeiLock: '35-693803-564380-9' }
    expect(only(await account.call(updateSim, { iccid, ...change }))).toMatchObject({
      name: 'Till',
      dataLimit,
      imeiLock: '356938035643809',
    })
    expect(only(await account.call(updateSim, { iccid, state: 'active' }))).toMatchObject({ name: 'Till', dataLimit })
    const bare = only(await account.call(updateSim, { iccid, name: null, dataLimit: null, imeiLock: null }))
    for (const member of ['name', 'dataLimit', 'imeiLock']) expect(bare).not.toHaveProperty(member)
    const told = await eventsOf(account, iccid)
    expect(told.filter(({ type }) => type === 'sim.changed').map(({ data }) => data)).toEqual([
      { ...change, imeiLock: '356938035643809' },
      { removed: ['name', 'imeiLock', 'dataLimit'] },
    ])
    await expect(account.call(updateSim, { iccid, imeiLock: '356938035643808' })).rejects.toMatchObject({ status: 400 })
    await expect(account.call(updateSim, { iccid })).rejects.toMatchObject({ status: 400 })
  })
})

describe('the list', () => {
  test('pages by ICCID and filters', async () => {
    const account = await platform.newAccount()
    const marked = { markers: [{ key: 'customer', value: 'a:b' }] }
    const sims = [
      await newSim(account, { name: 'Harbour 1', imsi: '901280000614227', ...marked }),
      await newSim(account, { name: 'harbour 2', msisdn: '+4915112345678', carrier: 'simulated' }),
      await newSim(account, { name: '100%_\\', ...marked }),
    ].map(({ iccid }) => iccid)
    await account.call(updateSim, { iccid: sims[0] ?? '', state: 'active' })
    const found = async (query: object) => (await account.call(listSims, query)).data.map(({ iccid }) => iccid)
    const pick = (...places: number[]) => places.map((index) => sims[index]).sort()

    expect(await found({})).toEqual(pick(0, 1, 2))
    expect(await found({ limit: 1, after: pick(0, 1, 2)[0] })).toEqual([pick(0, 1, 2)[1]])
    expect(await found({ state: 'active' })).toEqual(pick(0))
    expect(await found({ carrier: 'simulated' })).toEqual(pick(1))
    expect(await found({ carrier: 'none' })).toEqual([])
    expect(await found({ marker: 'customer:a:b' })).toEqual(pick(0, 2))
    expect(await found({ marker: 'customer:a' })).toEqual([])
    expect(await found({ marker: 'customer:a:b', n: '100%' })).toEqual(pick(2))
    expect(await found({ n: 'HARBOUR' })).toEqual(pick(0, 1))
    expect(await found({ n: '90128 0000' })).toEqual(pick(0))
    expect(await found({ n: '+49151' })).toEqual(pick(1))
    expect(await found({ n: sims[2]?.slice(0, 15) })).toContain(sims[2])
    expect(await found({ n: '100_' })).toEqual([])
    expect(await found({ marker: 'customer:a:b', limit: 1, after: pick(0, 2)[0] })).toEqual([pick(0, 2)[1]])
    expect(await found({ marker: 'customer:a:b', state: 'active' })).toEqual(pick(0))
    await account.call(updateSim, { iccid: sims[1] ?? '', name: sims[2] ?? '' })
    expect(await found({ n: sims[2] })).toEqual(pick(1, 2))
    expect(await found({ device: 'none' })).toEqual([])
    for (const marker of ['customer', ':x', 'customer:'])
      await expect(account.call(listSims, { marker })).rejects.toMatchObject({
        status: 400,
        errors: [{ path: '/marker' }],
      })
  })
})

describe('markers', () => {
  /** Which value counted on which days, as usage is summed by; days from today. */
  const history = async (accountId: string, iccid: string) => {
    const { rows } = await platform.database.query<{ span: string }>(sql`
      SELECT value || ' ' || coalesce((nullif(from_day, '-infinity') - utc_day(now()))::text, 'ever') || '..' ||
             coalesce((nullif(until_day, 'infinity') - utc_day(now()))::text, 'on') AS span
      FROM sim_marker WHERE account_id = ${accountId} AND iccid = ${iccid} ORDER BY from_day`)
    return rows.map(({ span }) => span)
  }
  const letDaysPass = (accountId: string, days: number) =>
    platform.database.query(sql`
      UPDATE sim_marker SET from_day = from_day - ${days}::int,
        until_day = CASE until_day WHEN 'infinity' THEN until_day ELSE until_day - ${days}::int END
      WHERE account_id = ${accountId} AND from_day > '-infinity'`)

  test('count from the day of their PUT; of several values on one day the last counts', async () => {
    const account = await platform.newAccount()
    const { iccid } = await newSim(account, { markers: [{ key: 'customer', value: 'first' }] })
    expect(await history(account.accountId, iccid)).toEqual(['first ever..on'])
    const put = async (value: string) => only(await account.call(putMarker, { iccid, key: 'customer', value })).markers
    await put('second')
    expect(await put('third')).toEqual([{ key: 'customer', value: 'third' }])
    expect(await history(account.accountId, iccid)).toEqual(['first ever..0', 'third 0..on'])
    await letDaysPass(account.accountId, 3)
    await put('third')
    await put('fourth')
    expect(await history(account.accountId, iccid)).toEqual(['first ever..0', 'third -3..0', 'fourth 0..on'])
  })

  test('count to the day before their removal, and one put and removed on a day never', async () => {
    const account = await platform.newAccount()
    const { iccid } = await newSim(account)
    const key = 'site'
    await account.call(putMarker, { iccid, key, value: 'Kiel' })
    await letDaysPass(account.accountId, 2)
    expect(only(await account.call(deleteMarker, { iccid, key })).markers).toEqual([])
    expect(await history(account.accountId, iccid)).toEqual(['Kiel -2..0'])
    await account.call(putMarker, { iccid, key, value: 'Bonn' })
    await account.call(deleteMarker, { iccid, key })
    expect(await history(account.accountId, iccid)).toEqual(['Kiel -2..0'])
    await expect(account.call(deleteMarker, { iccid, key })).rejects.toMatchObject({ status: 404 })
  })

  test('put at the same time leave one value, and are at most fifty', async () => {
    const account = await platform.newAccount()
    const { iccid } = await newSim(account)
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => account.call(putMarker, { iccid, key: 'k', value: `v${index}` })),
    )
    expect(only(await account.call(getSim, { iccid })).markers).toHaveLength(1)
    for (let index = 1; index < 50; index++) await account.call(putMarker, { iccid, key: `k${index}`, value: 'v' })
    await expect(account.call(putMarker, { iccid, key: 'k50', value: 'v' })).rejects.toMatchObject({ status: 409 })
    await account.call(putMarker, { iccid, key: 'k', value: 'other' })
  })
})
