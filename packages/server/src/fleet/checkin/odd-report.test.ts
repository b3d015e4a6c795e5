import type { Device } from '@mason/contract/device'
import { listLocations } from '@mason/contract/device'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { rawNumber } from '../../../test/odd-values.ts'
import { plainReport as known, readDevice as read, sendReport } from '../../../test/reports.ts'

const platform = usePlatform()
const sim = (change: object) => ({
  connection: { ...known.connection, sim: [{ ...known.connection.sim[0], ...change }] },
})
const app = (version: unknown) => ({
  apps: [
    { name: 'com.example.till', version },
    { name: 'com.example.new', version: '9' },
  ],
})
const iccidOf = ({ connection }: Device) => connection?.sim?.[0]?.iccid
const levelOf = ({ battery }: Device) => battery?.level
const versionOf = ({ apps }: Device) => apps?.find(({ name }) => name === 'com.example.till')?.version

describe('what a member says in another notation is read', () => {
  test.each<[label: string, report: object, shown: (device: Device) => unknown, value: unknown]>([
    ['a level as a number', { battery: { level: 81 } }, levelOf, '81'],
    ['a level with a percent sign', { battery: { level: '81%' } }, levelOf, '81'],
    ['a level with a fraction of zero', { battery: { level: '81.0' } }, levelOf, '81'],
    ['an IMEI with hyphens', { imei: '49-015420-323751-8' }, ({ imei }) => imei, '490154203237518'],
    ['an IMEI as a number', { imei: 490154203237518 }, ({ imei }) => imei, '490154203237518'],
    ['an ICCID with spaces', sim({ iccid: '8988 3030 0000 0614 233' }), iccidOf, '8988303000000614233'],
    ['an ICCID with its filler', sim({ iccid: '8988303000000614233F' }), iccidOf, '8988303000000614233'],
    ['a country code as a number', sim({ mcc: 1 }), ({ connection }) => connection?.sim?.[0]?.mcc, '001'],
    ['a network code as a number', sim({ mnc: 1 }), ({ connection }) => connection?.sim?.[0]?.mnc, '01'],
    ['a version as a number', app(12345), versionOf, '12345'],
    [
      'true as text',
      { connection: { wifi: { enabled: 'False' } } },
      ({ connection }) => connection?.wifi?.enabled,
      false,
    ],
  ])('%s', async (_, report, shown, value) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(known)
    const { status, answer } = await sendReport(platform, device, { ...known, ...report })
    expect({ status, ignored: answer.ignored }).toEqual({ status: 200 })
    expect(shown(await read(account, device.id))).toBe(value)
  })

  test.each([
    ['milliseconds', 1767225600000],
    ['seconds as text', '1767225600'],
    ['an offset without a colon', '2026-01-01T01:00:00+0100'],
    ['a space', '2026-01-01 00:00:00Z'],
  ])('a time as %s', async (_, recordedAt) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { answer } = await sendReport(platform, device, { location: { latitude: 1, longitude: 2, recordedAt } })
    expect(answer.ignored).toBeUndefined()
    const { data } = await account.call(listLocations, { id: device.id })
    expect(data).toEqual([{ latitude: 1, longitude: 2, recordedAt: '2026-01-01T00:00:00.000Z' }])
  })
})

describe('the smallest member that cannot be read is left as it was, and named', () => {
  test.each<[path: string, report: object, message: string]>([
    ['/battery/level', { battery: { level: '-1' } }, 'must be 0 to 100'],
    ['/battery/level', { battery: { level: '101' } }, 'must be 0 to 100'],
    ['/battery/level', { battery: { level: 50.5 } }, 'must be text'],
    ['/battery/level', { battery: { level: null } }, 'must be text'],
    ['/battery/level', { battery: {} }, 'is required'],
    ['/battery', { battery: 'full' }, 'must be an object'],
    ['/imei', { imei: '3569380356438091' }, 'must have 15 digits'],
    ['/bootId', { bootId: 'é'.repeat(101) }, 'must have 1 to 100 characters'],
    ['/imei', { imei: 'unknown' }, 'must have 15 digits'],
    ['/imei', { imei: 'A0000012345678' }, 'must have 15 digits'],
    [
      '/connection/sim/0/iccid',
      sim({ iccid: '' }),
      'must be an ICCID: 18 to 20 characters 0-9 and A-F that begin with 89',
    ],
    ['/connection/sim/0/iccid', sim({ iccid: null }), 'must be text'],
    ['/connection/sim/0/carrier', sim({ carrier: null }), 'must be text'],
    ['/connection/sim/0/mcc', sim({ mcc: '2620' }), 'must have at most 3 characters'],
    ['/connection/wifi/ssid', { connection: { wifi: { enabled: true, ssid: 'a\0b' } } }, 'holds a NUL character'],
    [
      '/os/masonOS/release',
      { os: { masonOS: { release: 'x'.repeat(201), incremental: '77' } } },
      'must have at most 200 characters',
    ],
    ['/apps/0/version', app(null), 'must be text'],
    ['/apps/0/version', app('x'.repeat(101)), 'must have at most 100 characters'],
    ['/apps/0/version', app(1.1), 'must be text'],
    ['/newer', { newer: { a: [1] } }, 'is not a member that this server knows'],
    [
      '/os/masonOS/newer',
      { os: { masonOS: { ...known.os.masonOS, newer: 1 } } },
      'is not a member that this server knows',
    ],
    ['/__proto__', JSON.parse('{"__proto__":{"imei":"1"}}'), 'is not a member that this server knows'],
    ['/updateCheckedAt', { updateCheckedAt: '0' }, 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z'],
    ['/resetAt', { resetAt: '2026-11-10 12:15:00' }, 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z'],
    ['/partial', { partial: 'maybe' }, 'must be true or false'],
  ])('%s in %j', async (path, report, message) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(known)
    const before = await read(account, device.id)
    const { status, answer } = await sendReport(platform, device, { ...known, ...report })
    expect({ status, ignored: answer.ignored }).toEqual({ status: 200, ignored: [{ path, message }] })
    const after = await read(account, device.id)
    const { lastcheckin: _, reportFaults, apps, ...rest } = after
    const { lastcheckin: earlier, apps: earlierApps, ...same } = before
    expect(rest).toEqual({
      ...same,
      ...(path.startsWith('/connection/wifi') && { connection: { wifi: same.connection?.wifi } }),
    })
    expect(apps?.[0]).toEqual(earlierApps?.[0])
    expect(Date.parse(after.lastcheckin)).toBeGreaterThan(Date.parse(earlier))
    expect(reportFaults).toEqual([{ path, message, since: expect.any(String) }])
  })

  test('in lists it is the entry: the others are taken, and what is too much is named once', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const apps = Array.from({ length: 5001 }, (_, index) => ({ name: `a${index}`, version: String(index) }))
    const many = await sendReport(platform, device, { apps })
    expect(many.answer.ignored).toEqual([{ path: '/apps/5000', message: 'only the first 5000 are taken' }])
    expect((await read(account, device.id)).apps).toEqual(apps.slice(0, 5000))
    const usage = { type: 'mobile', bytesReceived: 1, bytesSent: 2 }
    const usages = [{ ...usage, type: 'ethernet' }, { ...usage, bytesSent: -1 }, usage]
    const cycle = { startTime: '2026-01-01T00:00:00.000Z', endTime: '2026-02-01T00:00:00.000Z' }
    const { answer } = await sendReport(platform, device, {
      apps: [...apps.slice(0, 3), null, apps[4]],
      connection: { dataUsage: { usageCycles: [{ ...cycle, usages }] } },
    })
    expect(answer.ignored).toEqual([
      { path: '/apps/3', message: 'must be an object' },
      { path: '/connection/dataUsage/usageCycles/0/usages/0/type', message: 'must be one of wifi, mobile' },
      {
        path: '/connection/dataUsage/usageCycles/0/usages/1/bytesSent',
        message: 'must be an integer from 0 to 9007199254740991',
      },
    ])
    const shown = await read(account, device.id)
    expect(shown.apps).toEqual([apps[0], apps[1], apps[2], apps[4]])
    expect(shown.connection?.dataUsage?.usageCycles).toEqual([{ ...cycle, usages: [usage] }])
  })

  test('a location keeps what is good of it', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const recordedAt = '2026-01-01T00:00:00.000Z'
    const report = (location: object) =>
      sendReport(platform, device, { location: { latitude: 1, longitude: 2, ...location } })
    expect((await report({ accuracy: -1, recordedAt })).answer.ignored).toMatchObject([{ path: '/location/accuracy' }])
    expect((await report({ latitude: rawNumber('1e400'), recordedAt })).answer.ignored).toMatchObject([
      { path: '/location/latitude' },
    ])
    expect((await report({ recordedAt: '2026-11-10T12:15:00' })).answer.ignored).toMatchObject([
      { path: '/location/recordedAt' },
    ])
    const { data } = await account.call(listLocations, { id: device.id })
    expect(data).toEqual([
      { latitude: 1, longitude: 2, recordedAt: expect.any(String) },
      { latitude: 1, longitude: 2, recordedAt },
    ])
    expect(Date.parse(data[0]?.recordedAt ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  test('bytes that are not UTF-8 cost the member that they stand in', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const body = (ssid: string) =>
      Buffer.from(`{"connection":{"wifi":{"ssid":"${ssid}","bssid":"\xef\xbf\xbd"}}}`, 'latin1')
    const { status, answer } = await sendReport(platform, device, body('caf\xe9'))
    expect({ status, ignored: answer.ignored }).toEqual({
      status: 200,
      ignored: [{ path: '/connection/wifi/ssid', message: 'holds a byte that is not UTF-8' }],
    })
    expect((await read(account, device.id)).connection?.wifi).toEqual({ bssid: '\ufffd' })
  })

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['objects with text that looks like more', '{"a\\"]}":', '}'],
  ])('what is nested without end in %s costs its own member', async (_, open, close) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(known)
    const deep = `${open.repeat(20_000)}1${close.repeat(20_000)}`
    const body = `{"newer":${deep},"os":{"masonOS":${deep}},"battery":{"level":"7"},"other":[${deep},${deep}]}`
    const { status, answer } = await sendReport(platform, device, Buffer.from(body))
    expect(status).toBe(200)
    expect(new Set(answer.ignored?.map(({ path }) => path.split('/')[1]))).toEqual(new Set(['newer', 'os', 'other']))
    expect(await read(account, device.id)).toMatchObject({ battery: { level: '7' } })
    expect((await sendReport(platform, device, Buffer.from(body.slice(0, -200)))).status).toBe(400)
  })

  test('an acknowledgement beside it is taken', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const [command] = (await account.call(notifyDevice, { id: device.id, type: 'application' })).data
    const states = [
      { id: command?.id, state: 'acknowledged' },
      { id: command?.id, state: 'exploded' },
    ]
    const { answer } = await sendReport(platform, device, { battery: { level: 'full' }, notificationStates: states })
    expect(answer.ignored?.map(({ path }) => path)).toEqual(['/battery/level', '/notificationStates/1/state'])
    expect((await account.call(getNotification, { id: command?.id ?? '' })).data[0]?.state).toBe('succeeded')
  })

  test('a thousand and more are counted', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { answer } = await sendReport(platform, device, { apps: Array(4000).fill(7) })
    expect(answer.ignored).toHaveLength(1001)
    expect(answer.ignored?.at(-1)).toEqual({ path: '', message: 'and 3000 more' })
    expect((await read(account, device.id)).reportFaults).toHaveLength(20)
  })

  test.each(['', '[]', 'null', '1', '"text"', '{', '{"a":1'])('what is no JSON object is refused: %s', async (body) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    expect((await sendReport(platform, device, Buffer.from(body))).status).toBe(400)
  })
})

test('an IMEI given at enrollment stays until a report names another one', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account, { imei: '356938035643809' })
  const imei = async () => (await read(account, device.id)).imei
  await device.checkIn({ bootId: 'boot-1' })
  expect(await imei()).toBe('356938035643809')
  await device.checkIn({ partial: true, imei: null })
  expect(await imei()).toBe('356938035643809')
  await device.checkIn({ bootId: 'boot-1', imei: '490154203237518' })
  expect(await imei()).toBe('490154203237518')
  await device.checkIn({ bootId: 'boot-1' })
  expect(await imei()).toBeUndefined()
})
