import { expect, test } from 'vitest'
import { bytes, counted, duration, percent } from './numbers.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [94_866_194, '94.9 MB'],
  [123_456_789, '123 MB'],
  [5e18, '5000 PB'],
])('%d bytes are %s', (value, words) => {
  expect(bytes(value)).toBe(words)
})

test.each([
  [1, '1 minute'],
  [90, '90 minutes'],
  [60, '1 hour'],
  [1440, '24 hours'],
  [4320, '3 days'],
])('%d minutes are %s', (minutes, words) => {
  expect(duration(minutes)).toBe(words)
})

test('shares of nothing are nothing, and one is no plural', () => {
  expect([percent(1, 3), percent(5, 0)]).toEqual(['33.3%', '0%'])
  expect([counted(1, 'device'), counted(0, 'device'), counted(1200, 'device')]).toEqual([
    '1 device',
    '0 devices',
    '1,200 devices',
  ])
})
