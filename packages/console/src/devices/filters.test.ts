import { deviceFields } from '@mason/contract/filter/fields'
import { readFilter } from '@mason/contract/filter/filter'
import { expect, test } from 'vitest'
import { inWords, toFilterText } from './filters.ts'

const filters = {
  n: 'till "1"',
  group: 'tills',
  family: 'D450',
  online: 'false',
  iccid: '8988303000000614224',
  outOfDate: 'true',
  seen: '168',
  filter: 'battery.level<20 or conflict==true',
  sort: '-lastcheckin',
}

test('filters are said in words, without the order', () => {
  expect(inWords(filters)).toBe(
    'with “till "1"”, group tills, family D450, offline, SIM 8988303000000614224, out of date, not seen for 7 days, battery.level<20 or conflict==true',
  )
  expect(inWords({ seen: '1' })).toBe('not seen for 1 hour')
  expect(inWords({ sort: 'name' })).toBe('')
})

test('filters are one in the filter language, which can be read', () => {
  const text = toFilterText(filters)
  expect(() => readFilter(text, deviceFields)).not.toThrow()
  expect(text).toContain('name=="*till \\"1\\"*"')
  expect(text.endsWith('lastcheckin<"-168h" and (battery.level<20 or conflict==true)')).toBe(true)
  expect(toFilterText({ sort: 'name' })).toBe('')
})
