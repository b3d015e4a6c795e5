import { listLocations } from '@mason/contract/device'
import { afterEach, expect, test } from 'vitest'
import { partitionOn, rollOn, rowsByDay } from '../../../test/days.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type Platform, startPlatform, type TestAccount } from '../../../test/harness.ts'
import { portion } from '../../core/jobs/portion.ts'

/** Each test has days of its own. */
const open: Platform[] = []
afterEach(async () => {
  for (const platform of open.splice(0)) await platform.stop()
})

interface Fleet {
  platform: Platform
  account: TestAccount
  device: TestDevice
}

async function newFleet(): Promise<Fleet> {
  const platform = await startPlatform({ LOCATION_DAYS: '3' }, { areJobsRunning: false })
  open.push(platform)
  const account = await platform.newAccount()
  return { platform, account, device: await newDevice(platform, account) }
}

const roll = (platform: Platform, daysFromNow: number) => rollOn(platform, 'roll-locations', daysFromNow)

/** Locations of a device that arrived so many days from now. */
async function arrive({ platform, account, device }: Fleet, daysFromNow: number, count = 1): Promise<void> {
  await platform.database.pool.query(
    `INSERT INTO device_location (account_id, device_id, recorded_at, received_at, latitude, longitude)
     SELECT $1, $2, now() + make_interval(days => $3), now() + make_interval(days => $3), $3, n FROM generate_series(1, $4) AS n`,
    [account.accountId, device.id, daysFromNow, count],
  )
}

const daysOf = async ({ account, device }: Fleet) =>
  (await account.call(listLocations, { id: device.id })).data.map(({ latitude }) => latitude)

test('what is past its retention is dropped with its day, and nothing else', async () => {
  const fleet = await newFleet()
  await roll(fleet.platform, -5)
  for (const day of [-5, -4, -3]) await arrive(fleet, day)
  await fleet.device.checkIn({ location: { latitude: 1, longitude: 2, recordedAt: new Date().toISOString() } })
  await roll(fleet.platform, 0)
  expect(await daysOf(fleet)).toEqual([1, -3])
  expect(await rowsByDay(fleet.platform, 'device_location')).toEqual({
    device_location_default: 0,
    [partitionOn('device_location', -3)]: 1,
    [partitionOn('device_location', 0)]: 1,
    [partitionOn('device_location', 1)]: 0,
    [partitionOn('device_location', 2)]: 0,
  })
})

test('what comes before its day has a partition is moved there', async () => {
  const fleet = await newFleet()
  await arrive(fleet, 0, portion)
  expect(await rowsByDay(fleet.platform, 'device_location')).toEqual({ device_location_default: portion })
  await roll(fleet.platform, 0)
  expect(await rowsByDay(fleet.platform, 'device_location')).toMatchObject({
    device_location_default: 0,
    [partitionOn('device_location', 0)]: portion,
  })
})

test('a day of which much has come before stays where it is, and goes in portions when it is past its retention', async () => {
  const fleet = await newFleet()
  await arrive(fleet, -2, 2 * portion + 1)
  await roll(fleet.platform, -2)
  const days = await rowsByDay(fleet.platform, 'device_location')
  expect(days).toMatchObject({
    device_location_default: 2 * portion + 1,
    [partitionOn('device_location', -1)]: 0,
  })
  expect(days).not.toHaveProperty(partitionOn('device_location', -2))
  await fleet.platform.database.pool.query("UPDATE device_location SET received_at = now() - interval '4 days'")
  await arrive(fleet, 0)
  await roll(fleet.platform, 0)
  expect(await daysOf(fleet)).toEqual([0])
})

test('while somebody reads for long no day is dropped, and a check-in does not wait', async () => {
  const fleet = await newFleet()
  await roll(fleet.platform, -5)
  await arrive(fleet, -5)
  const reader = await fleet.platform.database.pool.connect()
  await reader.query('BEGIN')
  await reader.query('SELECT FROM device_location LIMIT 1')
  const checkIn = fleet.device.checkIn({
    location: { latitude: 1, longitude: 2, recordedAt: new Date().toISOString() },
  })
  await Promise.all([roll(fleet.platform, 0), checkIn])
  expect(await daysOf(fleet)).toEqual([1, -5])
  await reader.query('COMMIT')
  reader.release()
  await roll(fleet.platform, 0)
  expect(await daysOf(fleet)).toEqual([1])
})
