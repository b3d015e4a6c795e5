import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backtest } from '../../../../test/backtest.ts'
import { seriesShapes } from '../../../../test/usage-series.ts'
import { project, type Series } from './project.ts'

const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000
const unlimited = Number.MAX_SAFE_INTEGER
const steady = (firstDay: string, days: number, today: number): Series => ({
  firstDay: dayOf(firstDay),
  bytes: [...Array<number>(days).fill(1_000), today],
})

test('held-out months are foretold better than by the average so far, and four of five end within the interval', () => {
  const scores = seriesShapes.flatMap((shape) => backtest(shape, 20))
  const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length
  for (const day of [3, 7, 14, 21]) {
    const those = scores.filter((score) => score.day === day)
    expect(mean(those.map((one) => one.error))).toBeLessThan(mean(those.map((one) => one.naiveError)))
  }
  expect(mean(scores.map((one) => one.coverage))).toBeGreaterThan(0.74)
  expect(mean(scores.map((one) => one.coverage))).toBeLessThan(0.9)
})

test('a steady account uses as much as ever, and its pool runs dry on the day that the sum says', () => {
  const projection = project(steady('2026-09-01', 70, 500), 20_500)
  expect(projection).toMatchObject({ used: 9_500, low: 30_000, expected: 30_000, high: 30_000 })
  expect(projection.runsDryOn).toBe(dayOf('2026-11-21'))
  expect(project(steady('2026-09-01', 70, 500), 30_001).runsDryOn).toBeUndefined()
})

test('a pool that ran dry says when', () => {
  expect(project(steady('2026-09-01', 70, 500), 4_000).runsDryOn).toBe(dayOf('2026-11-04'))
})

test('a day that is half over counts for a day, and for more when more has been seen of it', () => {
  expect(project(steady('2026-09-01', 70, 0), unlimited).expected).toBe(30_000)
  expect(project(steady('2026-09-01', 70, 9_000), unlimited).low).toBe(38_000)
})

test('days just before today without a byte have not been reported yet', () => {
  const { firstDay, bytes } = steady('2026-09-01', 68, 0)
  const late = project({ firstDay, bytes: [...bytes, 0, 0] }, unlimited)
  expect(late).toMatchObject({ used: 7_000, expected: 30_000 })
})

test('an account without usage uses nothing; one of a day goes on like that day, with much room', () => {
  const nothing = { used: 0, low: 0, expected: 0, high: 0, runsDryOn: undefined }
  expect(project({ firstDay: dayOf('2026-11-10'), bytes: [0] }, 0)).toEqual(nothing)
  expect(project({ firstDay: dayOf('2026-11-01'), bytes: Array<number>(20).fill(0) }, 5)).toEqual(nothing)
  const { low, expected, high } = project({ firstDay: dayOf('2026-11-21'), bytes: [1_000] }, unlimited)
  expect(expected).toBeGreaterThan(8_000)
  expect(expected).toBeLessThan(12_000)
  expect(high - low).toBeGreaterThan(1_000)
})

test('whatever the days were, it is in order, at least what was used, a whole number, and the same again', () => {
  const bytes = fc.array(fc.oneof(fc.constant(0), fc.nat(1_000), fc.maxSafeNat()), { minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 30_000 }), fc.maxSafeNat(), (bytes, firstDay, allowance) => {
      const projection = project({ firstDay, bytes }, allowance)
      const { used, low, expected, high } = projection
      expect(low).toBeLessThanOrEqual(expected)
      expect(expected).toBeLessThanOrEqual(high)
      expect(low).toBeGreaterThanOrEqual(used)
      for (const value of [low, expected, high]) expect(Number.isSafeInteger(value)).toBe(true)
      expect(project({ firstDay, bytes }, allowance)).toEqual(projection)
    }),
    { numRuns: 50 },
  )
})
