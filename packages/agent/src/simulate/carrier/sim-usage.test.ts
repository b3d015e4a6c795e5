import { dayMs, hourMs } from '@mason/contract/time'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SimUsage } from './sim-usage.ts'

const mondayMs = Date.parse('2026-11-02T00:00:00Z')
const simOf = (index: number, runawayShare = 0) =>
  new SimUsage({ iccid: '8988303000000614224', longitude: 0, seed: 1, index, runawayShare })
const bytesOf = (sim: SimUsage, startMs: number, endMs: number) => {
  const { upload, download } = sim.record(startMs, endMs)
  return upload + download
}
const sims = Array.from({ length: 200 }, (_, index) => simOf(index))
const fleetBytes = (startMs: number, endMs: number) =>
  sims.reduce((total, sim) => total + bytesOf(sim, startMs, endMs), 0)

test('however a time is cut into records, they add up to the same bytes', () => {
  const moment = fc.integer({ min: mondayMs, max: mondayMs + 3 * dayMs })
  fc.assert(
    fc.property(fc.tuple(moment, moment, moment), fc.nat(1000), (moments, index) => {
      const [start = 0, middle = 0, end = 0] = moments.sort((a, b) => a - b)
      const sim = simOf(index, 0.5)
      const parts = [bytesOf(sim, start, middle), bytesOf(sim, middle, end)]
      expect((parts[0] ?? 0) + (parts[1] ?? 0)).toBe(bytesOf(sim, start, end))
      for (const bytes of parts) expect(bytes).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('a record is the same whenever it is asked for', () => {
  expect(simOf(3).record(mondayMs, mondayMs + hourMs)).toEqual(simOf(3).record(mondayMs, mondayMs + hourMs))
  expect(simOf(3).record(mondayMs, mondayMs + hourMs)).toMatchObject({
    id: `${mondayMs}-${mondayMs + hourMs}`,
    start: '2026-11-02T00:00:00.000Z',
    end: '2026-11-02T01:00:00.000Z',
  })
})

test('afternoons are busier than nights, and Fridays than Sundays', () => {
  expect(fleetBytes(mondayMs + 14 * hourMs, mondayMs + 15 * hourMs)).toBeGreaterThan(
    4 * fleetBytes(mondayMs + 2 * hourMs, mondayMs + 3 * hourMs),
  )
  expect(fleetBytes(mondayMs + 4 * dayMs, mondayMs + 5 * dayMs)).toBeGreaterThan(
    1.5 * fleetBytes(mondayMs + 6 * dayMs, mondayMs + 7 * dayMs),
  )
})

test('a runaway has days of many times its usual', () => {
  const days = Array.from({ length: 60 }, (_, day) => mondayMs + day * dayMs)
  const [calm, runaway] = [simOf(5), simOf(5, 1)].map((sim) => days.map((day) => bytesOf(sim, day, day + dayMs)))
  const bad = days.filter((_, day) => runaway?.[day] !== calm?.[day])
  expect(bad.length).toBeGreaterThan(2)
  expect(bad.length).toBeLessThan(20)
  expect(Math.max(...(runaway ?? []))).toBeGreaterThan(15 * Math.max(...(calm ?? [])))
})
