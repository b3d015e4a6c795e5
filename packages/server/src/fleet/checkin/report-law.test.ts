import { Checkin } from '@mason/contract/checkin'
import { getDevice, listLocations } from '@mason/contract/device'
import { listNotifications, notifyDevice } from '@mason/contract/notification'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { rawNumber } from '../../../test/odd-values.ts'
import { replacedAt, sendReport } from '../../../test/reports.ts'

const platform = usePlatform()

const [knownId, strangeId] = ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11', '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b12']

/** A report with every member of the contract; reports of different numbers share no value. */
const full = (n: number) => {
  const cycle = (type: string) => ({
    startTime: `2026-01-0${n}T00:00:00.000Z`,
    endTime: `2026-02-0${n}T00:00:00.000Z`,
    usages: [{ type, bytesReceived: 1000 + n, bytesSent: 2000 + n }],
  })
  return {
    partial: false,
    bootId: 'boot',
    imei: `35693803564380${n}`,
    battery: { level: `8${n}` },
    apps: [
      { name: 'com.example.till', version: `1${n}` },
      { name: 'com.example.kiosk', version: `2${n}` },
    ],
    os: {
      configuration: { device: `D45${n}`, product: `p${n}`, project: `till${n}`, version: `${n}` },
      masonOS: { incremental: `77${n}`, release: `2.1${n}` },
    },
    connection: {
      bluetooth: {
        enabled: n === 1,
        macAddress: `02:00:5e:10:00:0${n}`,
        name: `b${n}`,
        pairedDevices: [`s${n}`, `t${n}`],
      },
      sim: [
        { carrier: `C${n}`, countryiso: `d${n}`, iccid: `898830300000061422${n}`, mcc: `90${n}`, mnc: `2${n}` },
        { carrier: `D${n}`, countryiso: `e${n}`, iccid: `898830300000061423${n}`, mcc: `91${n}`, mnc: `3${n}` },
      ],
      wifi: {
        adapterMacAddress: `a${n}`,
        bssid: `c${n}`,
        enabled: n === 1,
        ipaddress: `10.0.0.${n}`,
        ssid: `shop ${n}`,
      },
      dataUsage: {
        appsDataUsage: [{ packageNames: [`com.${n}`], uid: 10_000 + n, usageCycles: [cycle('wifi')] }],
        usageCycles: [cycle('mobile'), cycle('wifi')],
      },
    },
    location: {
      latitude: 50 + n,
      longitude: 10 + n,
      accuracy: n,
      altitude: 30 + n,
      provider: `gps${n}`,
      recordedAt: `2026-01-0${n}T10:00:00.000Z`,
    },
    timezone: `Etc/GMT+${n}`,
    xray: [n === 1 ? 'adb' : 'vnc'],
    updateCheckedAt: '2026-01-01T00:00:00Z',
    resetAt: '2026-01-01T00:00:00Z',
    deploymentsRevision: 'none',
    outcomes: [{ deployment: knownId, state: 'failed', reason: 'x' }],
    notificationStates: [{ id: strangeId, state: 'failed', reason: 'x' }],
    heldNotifications: [strangeId],
  }
}

/** A schema of the contract, as JSON Schema. */
interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

/** Every place of a value, from the outside in; the last entry of a list stands for all. */
function* placesOf(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
  if (path.length > 0) yield path
  if (Array.isArray(value)) yield* placesOf(value.at(-1), [...path, value.length - 1])
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) yield* placesOf(member, [...path, name])
}

const pointer = (path: (string | number)[]) => path.map((token) => `/${token}`).join('')

function leavesOf(value: unknown): [path: string, value: unknown][] {
  const leaves: [string, unknown][] = []
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) walk(member, `${path}/${name}`)
    else leaves.push([path, value])
  }
  walk(value, '')
  return leaves
}

const at = (value: unknown, path: string): unknown =>
  path
    .split('/')
    .slice(1)
    .reduce<unknown>((inside, token) => (inside as Record<string, unknown> | undefined)?.[token], value)

let deep: unknown = 'x'
for (let depth = 0; depth < 300; depth++) deep = depth % 2 ? [deep] : { a: deep }
const odd = [null, 'a\0b', 'c\ud800', 'x'.repeat(5000), [[1]], 4.25, rawNumber('1e400'), deep, true, '']

test('the report of this test has every member of the contract', () => {
  const pathsOf = (schema: Schema, path: string): string[] => {
    const { properties, items } = schema.anyOf?.[0] ?? schema
    if (items) return pathsOf(items, `${path}/*`)
    return properties ? Object.entries(properties).flatMap(([name, of]) => pathsOf(of, `${path}/${name}`)) : [path]
  }
  const has = new Set(leavesOf(full(1)).map(([path]) => path.replace(/\/\d+(?=\/|$)/g, '/*')))
  expect(pathsOf(Checkin as Schema, '').filter((path) => !has.has(path))).toEqual([])
})

interface Mutation {
  index: (string | number)[]
  value: unknown
}

/** Everything that a report may say, in each place in turn said oddly; and beside each member one of a newer agent. */
const mutations: Mutation[] = [...placesOf(full(1))].flatMap((index) => {
  const newer =
    typeof index.at(-1) === 'string' ? odd.slice(0, 5).map((value) => ({ index: index.with(-1, 'newer'), value })) : []
  return [...odd.map((value) => ({ index, value })), ...newer]
})

test('of a thousand mutated reports no good member is lost, each fault is named once, and every acknowledgement is taken', async () => {
  expect(mutations.length).toBeGreaterThan(1000)
  const account = await platform.newAccount()
  const perDevice = 30
  const lots = Array.from({ length: Math.ceil(mutations.length / perDevice) }, (_, lot) =>
    mutations.slice(lot * perDevice, (lot + 1) * perDevice),
  )
  await Promise.all(
    lots.map(async (lot) => {
      const device = await newDevice(platform, account)
      await sendReport(platform, device, full(9))
      for (const [turn, mutation] of lot.entries()) await judge(account, device, full((turn % 8) + 1), mutation)
      expect((await account.call(listNotifications, { device: device.id, state: 'queued' })).data).toEqual([])
      expect((await account.call(listNotifications, { device: device.id, state: 'sent' })).data).toEqual([])
    }),
  )
}, 120_000)

async function judge(
  account: TestAccount,
  device: TestDevice,
  sent: ReturnType<typeof full>,
  { index, value }: Mutation,
) {
  const path = pointer(index)
  const label = `${path} = ${JSON.stringify(value).slice(0, 60)}`
  const read = async () => (await account.call(getDevice, { id: device.id })).data[0]
  const before = await read()
  const [command] = (await account.call(notifyDevice, { id: device.id, type: 'application' })).data
  const acknowledgement = { id: command?.id ?? '', state: 'acknowledged' }
  const { notificationStates } = replacedAt(sent, index, value) as { notificationStates: unknown }
  const report = {
    ...(replacedAt(sent, index, value) as object),
    notificationStates: Array.isArray(notificationStates)
      ? [...notificationStates, acknowledgement]
      : notificationStates,
  }

  const { status, answer } = await sendReport(platform, device, report)
  const after = await read()
  expect(status, label).toBe(200)
  expect(Date.parse(after?.lastcheckin ?? ''), label).toBeGreaterThan(Date.parse(before?.lastcheckin ?? ''))
  if (path === '/notificationStates')
    await sendReport(platform, device, { partial: true, notificationStates: [acknowledgement] })

  const ignored = (answer.ignored ?? []).map((fault) => fault.path)
  expect(new Set(ignored).size, label).toBe(ignored.length)
  expect(
    ignored.filter((faulty) => faulty !== path && !faulty.startsWith(`${path}/`)),
    label,
  ).toEqual([])
  if (index.at(-1) === 'newer') expect(ignored, label).toEqual([path])
  const shownStill = ignored.filter((faulty) => !/\/\d+/.test(faulty) && at(after, faulty) !== undefined)
  for (const faulty of shownStill) expect(at(after, faulty), label).toEqual(at(before, faulty))
  expect(after?.reportFaults?.map((fault) => fault.path) ?? [], label).toEqual(ignored)

  const mayGo = lostWith(path)
  const shown = Object.entries(sent).filter(([name]) => shownMembers.includes(name))
  const good = leavesOf(Object.fromEntries(shown)).filter(([leaf]) => leaf !== mayGo && !leaf.startsWith(`${mayGo}/`))
  expect(good.filter(([leaf, value]) => at(after, leaf) !== value).map(([leaf]) => `${label} lost ${leaf}`)).toEqual([])
  const [location] = (await account.call(listLocations, { id: device.id, limit: 1 })).data
  const seen = leavesOf({ location: sent.location }).filter(([leaf]) => leaf !== mayGo && !leaf.startsWith(`${mayGo}/`))
  expect(
    seen.filter(([leaf, value]) => at({ location }, leaf) !== value).map(([leaf]) => `${label} lost ${leaf}`),
  ).toEqual([])
  const { imei, battery, apps, os, connection, timezone, xray } = after ?? {}
  expect(
    Value.Check(Checkin, JSON.parse(JSON.stringify({ imei, battery, apps, os, connection, timezone, xray }))),
    label,
  ).toBe(true)
}

/** What may be lost when this place is odd. */
function lostWith(path: string): string {
  if (/^\/location\/l/.test(path)) return '/location'
  return path.startsWith('/connection/sim/') ? path : entryOf(path)
}

const shownMembers = ['imei', 'battery', 'apps', 'os', 'connection', 'timezone', 'xray']

/** The entry of a list that the place is in: one that lacks what it must have goes as a whole. */
const entryOf = (path: string) => /^(.*\/\d+)(\/|$)/.exec(path)?.[1] ?? path
