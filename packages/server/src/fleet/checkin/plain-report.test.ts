import type { Checkin } from '@mason/contract/checkin'
import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { afterEach, expect, test, vi } from 'vitest'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
afterEach(() => vi.restoreAllMocks())

const report = {
  bootId: 'boot-1',
  imei: '356938035643809',
  battery: { level: '81' },
  apps: [{ name: 'com.example.till', version: '1' }],
  os: { masonOS: { release: '2.14', incremental: '77' } },
  connection: { wifi: { enabled: true, ssid: 'shop', ipaddress: '10.0.0.7' }, sim: [{ iccid: '8988303000000614224' }] },
} satisfies Checkin

const read = async (account: TestAccount, { id }: TestDevice) => (await account.call(getDevice, { id })).data[0]

/** Which version of its row is there; a change makes a new one. */
const versionOf = async ({ id }: TestDevice) => {
  const { rows } = await platform.database.pool.query('SELECT xmin::text, ctid::text FROM device WHERE id = $1', [id])
  return rows[0]
}

/** What a check-in sends to the database: `BEGIN` for a transaction, else the name of the statement. */
async function sentBy(checkIn: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = []
  const { database } = platform
  const [query, transaction] = [database.query.bind(database), database.transaction.bind(database)]
  vi.spyOn(database, 'query').mockImplementation((statement) => {
    if ('name' in statement && /checkin/.test(statement.name)) sent.push(statement.name)
    return query(statement)
  })
  vi.spyOn(database, 'transaction').mockImplementation((work, limits) => {
    if (limits?.lockTimeoutMs !== undefined) sent.push('BEGIN')
    return transaction(work, limits)
  })
  await checkIn()
  vi.restoreAllMocks()
  return sent
}

async function reporting() {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await device.checkIn(report)
  return { account, device }
}

const unchanging: [string, Checkin][] = [
  ['the same again', report],
  ['another charge', { ...report, battery: { level: '80' } }],
  ['another network', { ...report, connection: { ...report.connection, wifi: { enabled: false } } }],
  ['a partial one', { partial: true, battery: { level: '79' } }],
  ['one that says nothing', { partial: true }],
  ['no battery', { partial: true, battery: null }],
]

test.each(unchanging)('a report of %s is one statement and leaves the document as it lies there', async (_, next) => {
  const { account, device } = await reporting()
  const [before, version] = [await read(account, device), await versionOf(device)]
  expect(await sentBy(() => device.checkIn(next))).toEqual(['plain-checkin'])
  const after = await read(account, device)
  expect(await versionOf(device)).toEqual(version)
  const { partial: _partial, ...members } = next
  const { lastcheckin, battery, ...shown } = {
    ...before,
    ...(members.connection && { connection: members.connection }),
  }
  expect(after).toMatchObject(shown)
  expect(after?.battery).toEqual(members.battery === undefined ? battery : (members.battery ?? undefined))
  expect(Date.parse(after?.lastcheckin ?? '')).toBeGreaterThan(Date.parse(lastcheckin ?? ''))
})

test('a report of another app or SIM is one statement too', async () => {
  const { account, device } = await reporting()
  const apps = [{ name: 'com.example.till', version: '2' }]
  const connection = { sim: [{ iccid: '8988303000000614232' }] }
  expect(await sentBy(() => device.checkIn({ ...report, apps, connection }))).toEqual(['plain-checkin'])
  expect(await read(account, device)).toMatchObject({ apps, connection })
})

const following: [string, (account: TestAccount, device: TestDevice) => Promise<Checkin>][] = [
  ['another boot', async () => ({ ...report, bootId: 'boot-2' })],
  ['another IMEI', async () => ({ ...report, imei: '356938035643817' })],
  ['a place', async () => ({ ...report, location: { latitude: 1, longitude: 2, recordedAt: '2026-01-01T00:00:00Z' } })],
  [
    'a device that was offline',
    async (_, { id }) => {
      await platform.database.pool.query('UPDATE device SET online = false WHERE id = $1', [id])
      return report
    },
  ],
]

test.each(following)('a report of %s takes a transaction', async (_, prepare) => {
  const { account, device } = await reporting()
  const next = await prepare(account, device)
  expect(await sentBy(() => device.checkIn(next))).toEqual(['plain-checkin', 'BEGIN'].slice(next.location ? 1 : 0))
  expect(await read(account, device)).toMatchObject({ online: true, battery: report.battery })
})

test('a device that has a command is handed it, and shows that it was carried out, without a transaction', async () => {
  const { account, device } = await reporting()
  const command = (await account.call(notifyDevice, { id: device.id, type: 'refresh' })).data[0]
  let told: unknown
  const checkIn = async () => {
    told = (await device.checkIn({ ...report, battery: { level: '80' } })).notifications
  }
  expect(await sentBy(checkIn)).toEqual(['plain-checkin'])
  expect(told).toMatchObject([{ id: command?.id, type: 'refresh' }])
  expect(await sentBy(checkIn)).toEqual(['plain-checkin'])
  expect(told).toEqual([])
  expect((await account.call(getNotification, { id: command?.id ?? '' })).data[0]?.state).toBe('succeeded')
  expect((await read(account, device))?.battery).toEqual({ level: '80' })
})

test('a device whose document is locked checks in all the same', async () => {
  const { account, device } = await reporting()
  const client = await platform.database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM device WHERE id = $1 FOR UPDATE', [device.id])
  await device.checkIn({ partial: true, battery: { level: '12' } })
  await client.query('ROLLBACK')
  client.release()
  expect((await read(account, device))?.battery).toEqual({ level: '12' })
})

test('a check-in and the end of a connection at once leave a device that is online, or offline with an event', async () => {
  const { account, device } = await reporting()
  const goOffline = () => platform.database.pool.query('UPDATE device SET online = false WHERE id = $1', [device.id])
  for (let round = 0; round < 20; round++) await Promise.all([device.checkIn({ partial: true }), goOffline()])
  const { rows } = await platform.database.pool.query(
    'SELECT d.online, h.online AS beats, h.silent_since IS NULL AS is_heard FROM device AS d JOIN heartbeat AS h ON h.device_id = d.id WHERE d.id = $1',
    [device.id],
  )
  expect(rows[0]?.beats).toBe(rows[0]?.online)
  if (!rows[0]?.online) expect(rows[0]?.is_heard).toBe(false)
  await device.checkIn({ partial: true })
  expect((await read(account, device))?.online).toBe(true)
  expect((await account.call(listEvents, { device: device.id, type: 'device.online' })).data.length).toBeGreaterThan(0)
})
