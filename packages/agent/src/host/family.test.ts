import { machine } from 'node:os'
import { expect, test } from 'vitest'
import { fixtureHost } from '../../test/fixture-host.ts'
import { readFamily } from './family.ts'

const dmi = '/sys/class/dmi/id'

test.each([
  [{ [`${dmi}/product_family`]: 'ThinkCentre M70q\n', [`${dmi}/product_name`]: '11DT' }, 'ThinkCentre M70q'],
  [{ [`${dmi}/product_family`]: 'Default string', [`${dmi}/product_name`]: 'NUC11' }, 'NUC11'],
  [{ '/proc/device-tree/model': 'Raspberry Pi 4 Model B\0' }, 'Raspberry Pi 4 Model B'],
  [{ [`${dmi}/product_name`]: 'x'.repeat(101) }, `linux-${machine()}`],
  [{}, `linux-${machine()}`],
])('%j', async (files, expected) => {
  await using host = await fixtureHost({ files: Object.fromEntries(Object.entries(files)) })
  expect(await readFamily(host)).toBe(expected)
})
