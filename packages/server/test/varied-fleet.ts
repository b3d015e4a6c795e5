import { randomUUID } from 'node:crypto'
import type { Checkin } from '@mason/contract/checkin'
import { type Device, listDevices, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import fc from 'fast-check'
import { newDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'
import type { NaiveFields } from './naive-filter.ts'

const one = fc.constantFrom
const releases = one('3.2', '3.2.1', '3.10', '3.2.1-beta', '3.02', 'v4', '2.14+7', '3.2a', 'N')
const texts = one('Till 1', 'till 1', 'TILL_2', '100%', 'Öre "x"', 'back\\slash', "O'Hara", 'a', 'Tür')
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })

/** What a device of the fleet is and reports. */
const devices = fc.record({
  name: texts,
  group: one('unassigned', 'Tills', 'doors'),
  labels: fc.dictionary(one('store', 'floor.no'), one('9', '10', 'Nord', 'nord', '3.2')),
  battery: maybe(fc.nat(100)),
  release: maybe(releases),
  project: maybe(texts),
  app: maybe(releases),
  ssid: maybe(texts),
  carriers: fc.array(one('Example', 'example mobile', undefined), { maxLength: 2 }),
})

type Made = typeof devices extends fc.Arbitrary<infer T> ? T : never

/** A member that is undefined is not reported. */
const reportOf = (device: Made) =>
  JSON.parse(
    JSON.stringify({
      bootId: randomUUID(),
      battery: device.battery === undefined ? undefined : { level: String(device.battery) },
      os: { masonOS: { release: device.release }, configuration: { project: device.project } },
      apps: device.app === undefined ? undefined : [{ name: 'com.acme.kiosk', version: device.app }],
      connection: { wifi: { ssid: device.ssid }, sim: device.carriers.map((carrier) => ({ carrier })) },
    }),
  ) as Checkin

/** Fields of devices, read out of their documents. */
export const deviceFields: NaiveFields<Device> = {
  id: { kind: 'text', of: ({ id }) => [id], others: [randomUUID()] },
  name: { kind: 'text', of: ({ name }) => [name], others: ['Nothing'] },
  serialnumber: { kind: 'text', of: ({ serialnumber }) => [serialnumber] },
  family: { kind: 'text', of: ({ family }) => [family], others: ['d450', 'W1'] },
  kind: { kind: 'text', of: ({ kind }) => [kind], others: ['Simulated', 'headwind'] },
  group: { kind: 'text', of: ({ group }) => [group.name], others: ['none'] },
  online: { kind: 'boolean', of: ({ online }) => [online], others: ['false'] },
  conflict: { kind: 'boolean', of: ({ conflict }) => [conflict === true], others: ['true'] },
  reportFaults: { kind: 'boolean', of: ({ reportFaults }) => [reportFaults !== undefined], others: ['true'] },
  outOfDate: {
    kind: 'boolean',
    of: ({ status }) => [!Object.values(status).every((isUpdated) => isUpdated)],
    others: ['true', 'false'],
  },
  createdAt: { kind: 'time', of: ({ createdAt }) => [createdAt] },
  lastcheckin: { kind: 'time', of: ({ lastcheckin }) => [lastcheckin], others: ['2020-01-01T00:00:00Z'] },
  'battery.level': {
    kind: 'number',
    of: ({ battery }) => [battery && Number(battery.level)],
    others: ['50', '-1', '9.5'],
  },
  'os.release': { kind: 'version', of: ({ os }) => [os?.masonOS?.release], others: ['3.3'] },
  project: { kind: 'text', of: ({ os }) => [os?.configuration?.project] },
  'label.store': { kind: 'label', of: ({ labels }) => [labels?.store], others: ['8'] },
  'label.floor.no': { kind: 'label', of: ({ labels }) => [labels?.['floor.no']] },
  'app.com.acme.kiosk': { kind: 'version', of: ({ apps }) => [apps?.[0]?.version], others: ['3.3'] },
  'wifi.ssid': { kind: 'text', of: ({ connection }) => [connection?.wifi?.ssid] },
  'sim.carrier': { kind: 'text', of: ({ connection }) => (connection?.sim ?? []).map(({ carrier }) => carrier) },
}

/** Devices of all kinds, the same in every run. @returns them in the order of their ids. */
export async function makeVariedFleet(platform: Platform, account: TestAccount, size: number): Promise<Device[]> {
  for (const name of ['Tills', 'doors']) await account.call(createGroup, { name })
  for (const made of fc.sample(devices, { numRuns: size, seed: 13 })) {
    const { id, checkIn } = await newDevice(platform, account, { name: made.name, group: made.group })
    await checkIn(reportOf(made))
    await account.call(updateDevice, { id, labels: made.labels })
  }
  return (await account.call(listDevices, { limit: 1_000 })).data
}
