import { expect, test } from 'vitest'
import { fixtureHost } from '../../test/fixture-host.ts'
import { readSerialNumber } from './serial-number.ts'

const dmi = '/sys/class/dmi/id'
const machineId = { '/etc/machine-id': '0123456789abcdef0123456789abcdef\n' }

const serialOf = async (files: Record<string, string>) => {
  await using host = await fixtureHost({ files })
  return readSerialNumber(host)
}

test("DMI's product serial comes first", async () => {
  const files = { ...machineId, [`${dmi}/product_serial`]: 'PF2ABCDE\n', [`${dmi}/board_serial`]: 'B1\n' }
  expect(await serialOf(files)).toEqual({ value: 'PF2ABCDE', source: 'DMI product_serial' })
})

test.each(['To Be Filled By O.E.M.', 'None', '0', '00000000', 'Default string', ' ', 'Not Specified'])(
  'the placeholder %j is passed over',
  async (placeholder) => {
    const files = { [`${dmi}/product_serial`]: placeholder, [`${dmi}/board_serial`]: 'B1' }
    expect(await serialOf(files)).toEqual({ value: 'B1', source: 'DMI board_serial' })
  },
)

test('the device tree, whose texts end with NUL', async () => {
  const files = { ...machineId, '/proc/device-tree/serial-number': '10000000abcdef01\0' }
  expect(await serialOf(files)).toEqual({ value: '10000000abcdef01', source: 'the device tree' })
})

test('what the contract would refuse is passed over', async () => {
  const files = { [`${dmi}/product_serial`]: 'Sérial', [`${dmi}/board_serial`]: 'B1' }
  expect(await serialOf(files)).toMatchObject({ value: 'B1' })
})

test('derived from the machine id, steadily and without telling it', async () => {
  const serial = await serialOf(machineId)
  expect(serial).toEqual(await serialOf(machineId))
  expect(serial?.value).toMatch(/^mid-[0-9a-f]{32}$/)
  expect(serial?.value).not.toContain(machineId['/etc/machine-id'].trim())
})

test('none at all', async () => {
  expect(await serialOf({})).toBeUndefined()
})
