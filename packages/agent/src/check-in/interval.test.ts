import { expect, test } from 'vitest'
import { intervalMs } from './interval.ts'

test.each([
  [900, 900_000],
  [0, 1000],
  [-5, 1000],
  [1e12, 86_400_000],
])('%d s', (checkinSeconds, expected) => {
  expect(intervalMs(checkinSeconds)).toBe(expected)
})
