import { type DeviceQuery, deleteDevice, listDevices, updateDevice } from '@mason/contract/device'
import { createExport, getExport } from '@mason/contract/export'
import { notifyDevices } from '@mason/contract/notification'
import { listSims, registerSim, updateSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

/** Devices that enrolled over some months, by their number. */
async function fleetOf(count: number): Promise<TestAccount> {
  const account = await platform.newAccount()
  await platform.database.pool.query(
    `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, imei, iccids)
     SELECT $1, uuidv7((n - $2) * interval '9 hours'), CASE WHEN n <= $2 / 2 THEN 'Kiosk ' ELSE 'Till ' END || n, 'SN-' || n, 'D450',
            'unassigned', '', lpad(n::text, 15, '3'), ARRAY['894450000000' || lpad(n::text, 7, '0')]
     FROM generate_series(1, $2) AS n`,
    [account.accountId, count],
  )
  return account
}

async function walk(
  account: TestAccount,
  query: DeviceQuery,
  direction: 'after' | 'before' = 'after',
): Promise<string[]> {
  const names: string[] = []
  let key: string | undefined
  do {
    const page = await account.call(listDevices, { limit: 7, ...query, ...(key !== undefined && { [direction]: key }) })
    const found = page.data.map(({ name }) => name)
    if (direction === 'after') names.push(...found)
    else names.unshift(...found)
    key = direction === 'after' ? page.nextPage : page.prevPage
  } while (key !== undefined)
  return names
}

test.each([
  ['a fragment of names that only the later half has', { n: 'ILL' }, /Till/],
  ['a fragment that all have', { n: 'SN-' }, /./],
  ['a fragment in the middle of a number', { n: '333317' }, / 17\d?$/],
  ['the end of a number', { n: '4500000000000018' }, / 18$/],
  ['one letter, with which a name begins', { n: 'k' }, /^Kiosk/],
  ['two letters, with which a name begins', { n: 'Ki' }, /^Kiosk/],
  ['two letters, with which nothing begins', { n: 'io' }, /^$/],
  ['a fragment that nothing has', { n: 'iosk 999' }, /^$/],
  ['fragments of several characters each, but not in this order', { n: 'oskKi' }, /^$/],
  ['what LIKE would take for a pattern', { n: 'K%k' }, /^$/],
])('a search finds %s, whole and in order, page by page, in both directions', async (_what, query, names) => {
  const account = await fleetOf(200)
  const expected = (await walk(account, { limit: 100 })).filter((name) => names.test(name))
  expect(await walk(account, query)).toEqual(expected)
  const last = await account.call(listDevices, { ...query, limit: 7, before: 'ffffffff-ffff-ffff-ffff-ffffffffffff' })
  const rest = last.prevPage === undefined ? [] : await walk(account, { ...query, before: last.prevPage }, 'before')
  expect([...rest, ...last.data.map(({ name }) => name)]).toEqual(expected)
})

test('a search finds what is changed by its new name alone, and nothing that has gone', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account, { serialnumber: 'SN-77' })
  const names = async (n: string) => (await account.call(listDevices, { n })).data.map(({ name }) => name)
  expect(await names(device.id.slice(9, 20))).toEqual(['SN-77'])
  await account.call(updateDevice, { id: device.id, name: 'Front door' })
  expect(await names('nt do')).toEqual(['Front door'])
  await device.checkIn({ bootId: 'boot-2', imei: '356938035643809' })
  expect(await names('803564380')).toEqual(['Front door'])
  await account.call(deleteDevice, { id: device.id })
  expect(await names('nt do')).toEqual([])
})

test('a search keeps to its account, and to the other filters', async () => {
  const [account, other] = [await fleetOf(20), await fleetOf(30)]
  expect(await walk(account, { n: 'SN-' })).toHaveLength(20)
  expect(await walk(other, { n: 'till', family: 'D450', group: 'unassigned' })).toHaveLength(15)
  expect(await walk(other, { n: 'till', online: false })).toEqual([])
  expect(await walk(other, { n: 'till', checkedInAfter: new Date(0).toISOString() })).toHaveLength(15)
})

test('SIMs are found by fragments too', async () => {
  const account = await platform.newAccount()
  const iccids = ['8944500000000001236', '89445000000000112233', '894450000000000002']
  for (const [index, iccid] of iccids.entries())
    await account.call(registerSim, {
      iccid,
      checkDigit: 'ignore',
      name: `Harbor ${index}`,
      imsi: `26201000000000${index}`,
    })
  const found = async (n: string) => (await account.call(listSims, { n })).data.map(({ name }) => name)
  expect((await found('arbor')).sort()).toEqual(['Harbor 0', 'Harbor 1', 'Harbor 2'])
  expect(await found('1223')).toEqual(['Harbor 1'])
  expect(await found('0000002')).toEqual(['Harbor 2'])
  expect(await found('2620')).toHaveLength(3)
  await account.call(updateSim, { iccid: iccids[0] ?? '', name: 'Pier' })
  expect(await found('pi')).toEqual(['Pier'])
  expect(await found('ier')).toEqual(['Pier'])
  expect((await account.call(listSims, { n: 'arbor', limit: 1 })).nextPage).toBeDefined()
})

test('a check-in that reports nothing new writes nothing that is searched', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  const report = { bootId: 'boot-1', imei: '356938035643808' }
  await device.checkIn(report)
  const { rows: before } = await platform.database.pool.query('SELECT xmin, ctid FROM device_search WHERE id = $1', [
    device.id,
  ])
  await device.checkIn(report)
  const { rows: after } = await platform.database.pool.query('SELECT xmin, ctid FROM device_search WHERE id = $1', [
    device.id,
  ])
  expect(after).toEqual(before)
})

test('exports and commands reach what a search finds', async () => {
  const account = await fleetOf(20)
  await account.call(registerSim, { iccid: '8944500000000001236', name: 'Harbor' })
  const batch = (await account.call(notifyDevices, { type: 'refresh', target: { filter: { n: 'ill' } } })).data[0]
  expect(batch).toMatchObject({ total: 10 })
  for (const [kind, n, rows] of [
    ['device', 'iosk', 10],
    ['sim', 'arbor', 1],
    ['sim', 'iosk', 0],
  ] as const) {
    const asked = (await account.call(createExport, { kind, format: 'ndjson', n })).data[0]
    await eventually(async () =>
      expect((await account.call(getExport, { id: asked?.id ?? '' })).data).toMatchObject([
        { state: 'succeeded', rows },
      ]),
    )
  }
})
