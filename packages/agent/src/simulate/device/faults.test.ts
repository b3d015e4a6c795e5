import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultsOf, noFaults } from './faults.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const indexes = fc.integer({ min: 0, max: 999_999 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('0 is none, 1 is all, and a greater share only adds devices', () => {
  fc.assert(
    fc.property(seeds, indexes, share, share, (seed, index, one, other) => {
      expect(Object.values(faultsOf(noFaults, seed, index))).not.toContain(true)
      expect(faultsOf({ ...noFaults, drop: 1 }, seed, index).drop).toBe(true)
      const [less, more] = one < other ? [one, other] : [other, one]
      const isIn = (slow: number) => faultsOf({ ...noFaults, slow }, seed, index).slow
      expect(isIn(less) && !isIn(more)).toBe(false)
    }),
  )
})

test('about the share that was asked for, of each fault by itself', () => {
  const shares = { drop: 0.5, slow: 0.1, reject: 0.2, rebootForever: 0.05, flap: 0.3, installFail: 0.1 }
  const devices = Array.from({ length: 20_000 }, (_, index) => faultsOf(shares, 7, index))
  const shareOf = (isIn: (faults: (typeof devices)[number]) => boolean) => devices.filter(isIn).length / devices.length
  expect(shareOf(({ drop }) => drop)).toBeCloseTo(0.5, 1)
  expect(shareOf(({ slow }) => slow)).toBeCloseTo(0.1, 1)
  expect(shareOf(({ reject }) => reject)).toBeCloseTo(0.2, 1)
  expect(shareOf(({ rebootForever }) => rebootForever)).toBeCloseTo(0.05, 1)
  expect(shareOf(({ flap }) => flap)).toBeCloseTo(0.3, 1)
  expect(shareOf(({ drop, flap }) => drop && flap)).toBeCloseTo(0.15, 1)
})
