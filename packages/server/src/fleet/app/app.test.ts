import { getApp, type InstalledApp, listApps } from '@mason/contract/app'
import { countDevices } from '@mason/contract/count'
import { type Device, deleteDevice, listDevices } from '@mason/contract/device'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

const packages = ['com.acme.kiosk', 'com.acme.kiosk\u0001', 'com.acme.kiosk\u0001\u0001x', 'Öl & Söhne/"1"', 'z']
const app = fc.record({
  name: fc.constantFrom(...packages),
  version: fc.constantFrom('3.2', '3.10', '', '\u0001x', 'v4'),
})
/** What happens to one of the devices. */
const steps = fc.array(
  fc.record({
    device: fc.nat(4),
    report: fc.oneof(
      fc.record({ apps: fc.array(app, { maxLength: 4 }) }),
      fc.record({ partial: fc.constant(true), apps: fc.constant(null) }),
      fc.record({ partial: fc.constant(true), battery: fc.constant({ level: '5' }) }),
      fc.constant('gone' as const),
    ),
  }),
  { maxLength: 12 },
)

async function listAll({ call }: TestAccount, limit: number): Promise<InstalledApp[]> {
  const found: InstalledApp[] = []
  for (let after: string | undefined; ; ) {
    const page = await call(listApps, { limit, ...(after !== undefined && { after }) })
    found.push(...page.data)
    after = page.nextPage
    if (after === undefined) return found
  }
}

/** On how many devices each version of each package is, by the documents of the devices. */
function counted(devices: Device[]): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  for (const { apps = [] } of devices)
    for (const [name, version] of new Map(apps.toReversed().map((one) => [one.name, one.version]))) {
      const versions = counts.get(name) ?? new Map<string, number>()
      counts.set(name, versions.set(version, (versions.get(version) ?? 0) + 1))
    }
  return counts
}

const asCounted = (found: InstalledApp[]) =>
  new Map(found.map((one) => [one.package, new Map(one.versions.map(({ version, devices }) => [version, devices]))]))

describe('the inventory of apps', () => {
  test('counts what devices report, whatever they report and however it is folded', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const account = await platform.newAccount()
        const devices: (TestDevice | undefined)[] = []
        for (let index = 0; index < 5; index++) devices.push(await newDevice(platform, account))
        const turns = new Map<number, Promise<unknown>>()
        // Those of several devices go into one statement.
        for (const { device, report } of sequence) {
          const before = turns.get(device) ?? Promise.resolve()
          turns.set(
            device,
            before.then(async () => {
              const one = devices[device]
              if (!one) return
              if (report !== 'gone') return one.checkIn({ bootId: 'boot-1', ...report })
              devices[device] = undefined
              return account.call(deleteDevice, { id: one.id })
            }),
          )
        }
        await Promise.all(turns.values())
        const there = (await account.call(listDevices, { limit: 1_000 })).data
        const expected = counted(there)
        const found = await listAll(account, 2)
        expect(asCounted(found)).toEqual(expected)
        for (const one of found) {
          expect((await account.call(getApp, { package: one.package })).data).toEqual([one])
          expect(one.devices).toBe([...(expected.get(one.package)?.values() ?? [])].reduce((sum, n) => sum + n, 0))
        }
      }),
      { numRuns: 25 },
    )
  }, 120_000)

  test('names the newest version first, and agrees with the filter', async () => {
    const account = await platform.newAccount()
    for (const version of ['3.2', '3.10', '3.2.1-beta', '3.10'])
      await (await newDevice(platform, account)).checkIn({
        bootId: 'boot-1',
        apps: [{ name: 'com.acme.kiosk', version }],
      })
    const { data } = await account.call(getApp, { package: 'com.acme.kiosk' })
    expect(data).toEqual([
      {
        package: 'com.acme.kiosk',
        self: '/v1/default/app/com.acme.kiosk',
        devices: 4,
        versions: [
          { version: '3.10', devices: 2 },
          { version: '3.2.1-beta', devices: 1 },
          { version: '3.2', devices: 1 },
        ],
      },
    ])
    const laggards = await account.call(countDevices, { filter: 'app.com.acme.kiosk<3.10' })
    expect(laggards.data[0]?.count).toBe(2)
  })

  test('says when it leaves versions out', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn({ bootId: 'boot-1', apps: [{ name: 'com.acme.kiosk', version: '1' }] })
    await platform.database.pool.query(
      `INSERT INTO counter_difference SELECT $1, 'appVersion', app_version_prefix('com.acme.kiosk') || version, 1
       FROM generate_series(2, 1001) AS version`,
      [account.accountId],
    )
    const { data } = await account.call(listApps, {})
    expect(data[0]?.versions).toHaveLength(100)
    expect(data[0]?.moreVersions).toBe(true)
    const [one] = (await account.call(getApp, { package: 'com.acme.kiosk' })).data
    expect(one?.versions).toHaveLength(1_000)
    expect(one?.moreVersions).toBe(true)
  })
})
