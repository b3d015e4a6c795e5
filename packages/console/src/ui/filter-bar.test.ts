import { expect, test } from 'vitest'
import { withFilter } from './filter-bar.tsx'

const filters: { n?: string; group?: string } = { n: 'till', group: 'shops' }

test('one filter is changed, and the others stay', () => {
  expect(withFilter(filters, 'group', 'docks')).toEqual({ n: 'till', group: 'docks' })
  expect(withFilter<typeof filters>({}, 'n', 'till')).toEqual({ n: 'till' })
  expect(filters).toEqual({ n: 'till', group: 'shops' })
})

test.each([null, ''])('%j takes a filter off', (value) => {
  expect(withFilter(filters, 'n', value)).toEqual({ group: 'shops' })
})
