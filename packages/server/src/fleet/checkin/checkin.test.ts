import type { Checkin } from '@mason/contract/checkin'
import { getDevice, getSummary, listDevices, listLocations } from '@mason/contract/device'
import { describe, expect, test } from 'vitest'
import { checkInAs, newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { sweepPresence } from '../../channel/mqtt/sweep-presence.ts'

const platform = usePlatform()

const report: Checkin = {
  bootId: 'boot-1',
  imei: '356938035643809',
  battery: { level: '81' },
  apps: [{ name: 'com.example.till', version: '12345' }],
  os: {
    configuration: { device: 'D450', project: 'till', version: '3' },
    masonOS: { incremental: '77', release: '2.14.1' },
  },
  connection: {
    wifi: { enabled: true, ssid: 'shop "1"', ipaddress: '10.0.0.7' },
    sim: [{ carrier: 'Example', iccid: '8988303000000614224', mcc: '901', mnc: '28' }],
    dataUsage: {
      usageCycles: [
        {
          startTime: '2026-01-01T01:00:00+01:00',
          endTime: '2026-02-01T00:00:00.5Z',
          usages: [{ type: 'wifi', bytesReceived: 2 ** 53 - 1, bytesSent: 0 }],
        },
      ],
    },
  },
}

describe('a check-in', () => {
  test('shows in the device, whole', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    expect(await device.checkIn(report)).toEqual({ notifications: [], checkinSeconds: 900 })
    const {
      data: [shown],
    } = await account.call(getDevice, { id: device.id })
    const { battery, apps, os, imei, connection } = report
    expect(shown).toMatchObject({
      battery,
      apps,
      os,
      imei,
      connection: { wifi: connection?.wifi, sim: connection?.sim },
    })
    expect(shown?.connection?.dataUsage?.usageCycles).toEqual([
      {
        startTime: '2026-01-01T00:00:00.000Z',
        endTime: '2026-02-01T00:00:00.500Z',
        usages: [{ type: 'wifi', bytesReceived: 2 ** 53 - 1, bytesSent: 0 }],
      },
    ])
    expect(Date.parse(shown?.lastcheckin ?? '')).toBeGreaterThan(Date.parse(shown?.createdAt ?? ''))
  })

  test('that is whole drops what it leaves out', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(report)
    await device.checkIn({ bootId: 'boot-1', battery: { level: '80' } })
    const {
      data: [shown],
    } = await account.call(getDevice, { id: device.id })
    expect(shown?.battery).toEqual({ level: '80' })
    for (const member of ['apps', 'os', 'connection', 'imei']) expect(shown).not.toHaveProperty(member)
    expect((await account.call(listDevices, { iccid: '8988303000000614224' })).data).toEqual([])
  })

  test('that is partial keeps what it leaves out, and null removes', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(report)
    await device.checkIn({ partial: true, battery: { level: '79' }, os: null })
    const {
      data: [shown],
    } = await account.call(getDevice, { id: device.id })
    expect(shown).toMatchObject({ battery: { level: '79' }, apps: report.apps, imei: report.imei })
    expect(shown).not.toHaveProperty('os')
  })

  test('is refused without the right secret', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    await expect(checkInAs(platform.url, { id: device.id, secret: other.secret })(report)).rejects.toMatchObject({
      status: 401,
    })
    await expect(checkInAs(platform.url, { id: 'x', secret: 'y' })(report)).rejects.toMatchObject({ status: 401 })
    expect((await platform.fetch('/agent/v1/checkin', { method: 'POST', body: '{}', key: account.key })).status).toBe(
      401,
    )
  })

  test('that comes far too often is a 429', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const answers = await Promise.allSettled(Array.from({ length: 80 }, () => device.checkIn({ partial: true })))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    expect(refused.length).toBeGreaterThan(0)
    for (const error of refused)
      expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', retryAfterMs: expect.any(Number) })
  })

  test('of many devices at once keeps each to its own, and of one device in order', async () => {
    const account = await platform.newAccount()
    const devices = await Promise.all(Array.from({ length: 30 }, () => newDevice(platform, account)))
    await Promise.all(
      devices.flatMap((device, index) => [
        device.checkIn({ battery: { level: '1' } }),
        device.checkIn({ battery: { level: String(index) } }),
      ]),
    )
    const levels = await Promise.all(
      devices.map(async ({ id }) => (await account.call(getDevice, { id })).data[0]?.battery?.level),
    )
    for (const [index, level] of levels.entries()) expect(['1', String(index)]).toContain(level)
  })
})

describe('presence', () => {
  test('ends with three missed check-ins and comes back with the next', async () => {
    const account = await platform.newAccount()
    const [silent, alive] = [await newDevice(platform, account), await newDevice(platform, account)]
    const past = (seconds: number, id: string) =>
      platform.database.pool.query(
        'UPDATE heartbeat SET last_checkin = now() - make_interval(secs => $1) WHERE device_id = $2',
        [seconds, id],
      )
    await past(2701, silent.id)
    await past(2701, alive.id)
    await alive.checkIn()
    await platform.upFor(3600)
    await sweepPresence(900).run(platform.database)
    const online = async () => (await account.call(listDevices)).data.map((device) => device.online)
    expect(await online()).toEqual([false, true])
    expect((await account.call(getSummary)).data[0]?.online).toBe(1)
    expect((await account.call(listDevices, { online: false })).data.map(({ id }) => id)).toEqual([silent.id])
    await silent.checkIn()
    expect(await online()).toEqual([true, true])
  })
})

describe('locations', () => {
  test('are a history, newest first, and never in the model', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const at = (recordedAt: string, latitude: number) =>
      device.checkIn({
        partial: true,
        location: { latitude, longitude: 13.4, accuracy: 8, provider: 'gps', recordedAt },
      })
    await at('2026-01-01T10:00:00+01:00', 52.1)
    await at('2026-01-01T10:00:00Z', 52.2)
    await at('2026-01-01T10:00:00Z', 52.2)
    const found = async (query: object = {}) => (await account.call(listLocations, { id: device.id, ...query })).data
    expect(await found()).toEqual([
      { latitude: 52.2, longitude: 13.4, accuracy: 8, provider: 'gps', recordedAt: '2026-01-01T10:00:00.000Z' },
      { latitude: 52.1, longitude: 13.4, accuracy: 8, provider: 'gps', recordedAt: '2026-01-01T09:00:00.000Z' },
    ])
    expect(await found({ start: '2026-01-01T10:00:00Z' })).toHaveLength(1)
    expect(await found({ end: '2026-01-01T10:00:00Z' })).toHaveLength(1)
    expect((await account.call(getDevice, { id: device.id })).data[0]).not.toHaveProperty('location')
    const other = await newDevice(platform, account)
    expect((await account.call(listLocations, { id: other.id })).data).toEqual([])
  })

  test('are in the order of their arrival, whatever the clock of the device says', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const at = (recordedAt: string, latitude: number) =>
      device.checkIn({ partial: true, location: { latitude, longitude: 13.4, recordedAt } })
    const found = async (query: object = {}) =>
      (await account.call(listLocations, { id: device.id, ...query })).data.map(({ latitude }) => latitude)
    const start = new Date(Date.now() - 60_000).toISOString()
    await at('2099-01-01T00:00:00Z', 1)
    await at('1970-01-01T00:00:00Z', 2)
    await at('1970-01-01T00:00:00Z', 3)
    await at('1970-01-01T00:00:00Z', 2)
    await at(new Date(Date.now() - 86_400_000).toISOString(), 4)
    expect(await found()).toEqual([4, 2, 3, 2, 1])
    expect(await found({ limit: 1 })).toEqual([4])
    expect(await found({ start })).toEqual([2, 3, 2, 1])
    expect(await found({ end: start })).toEqual([4])
  })
})
