import { describe, expect, test } from 'vitest'
import { coalescer } from './coalescer.ts'

/** A batch that holds one of these fails as a whole, as a transaction does. */
function taker(poison: Set<number>, isOfOne: boolean) {
  const batches: number[][] = []
  const take = coalescer<number, number>({
    run: async (items) => {
      batches.push(items)
      if (items.some((item) => poison.has(item))) throw new Error(`batch of ${items.length}`)
      return items.map((item) => item * 10)
    },
    nameOf: String,
    maxBatch: 100,
    lanes: 2,
    isOfOne: () => isOfOne,
  })
  return { take, batches }
}

const outcomes = (results: PromiseSettledResult<number>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message))

describe('a batch that fails', () => {
  test.each([
    { count: 1, poison: [0] },
    { count: 2, poison: [1] },
    { count: 7, poison: [0, 6] },
    { count: 100, poison: [3, 50, 51] },
    { count: 250, poison: [249] },
  ])('by $poison of $count items is taken all but these', async ({ count, poison }) => {
    const bad = new Set(poison)
    const { take } = taker(bad, true)
    const items = Array.from({ length: count }, (_, place) => place)
    const results = await Promise.allSettled(items.map(take))
    expect(outcomes(results)).toEqual(items.map((item) => (bad.has(item) ? 'batch of 1' : item * 10)))
  })

  test('for a reason that lies in none of its items fails once', async () => {
    const { take, batches } = taker(new Set([1]), false)
    const results = await Promise.allSettled([0, 1, 2].map(take))
    expect(outcomes(results)).toEqual(['batch of 3', 'batch of 3', 'batch of 3'])
    expect(batches).toHaveLength(1)
  })
})
