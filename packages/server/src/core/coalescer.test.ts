import { describe, expect, test } from 'vitest'
import { coalescer } from './coalescer.ts'

const bound = { maxWaiting: 1_000, patienceMs: 60_000, overloaded: () => new Error('overloaded') }

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
    bound,
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
    const items = Array.from({ length: count }, (_, index) => index)
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

/** Items of `locked` are held up until they are taken out of it. */
function waiter(locked: Set<number>, patienceMs = 60_000) {
  const heldUp = new Error('held up')
  const batches: number[][] = []
  const take = coalescer<number, number>({
    run: async (items) => {
      batches.push(items)
      await new Promise(setImmediate)
      if (items.some((item) => locked.has(item))) throw heldUp
      return items.map((item) => item * 10)
    },
    nameOf: (item) => String(item % 100),
    maxBatch: 50,
    lanes: 2,
    bound: { ...bound, patienceMs },
    locks: {
      isHeldUp: (error) => error === heldUp,
      findHeldUp: async (items) => new Set(items.filter((item) => locked.has(item))),
    },
  })
  return { take, batches }
}

describe('what is held up by a lock', () => {
  test('waits apart, and in its order, while everything else goes on', async () => {
    const locked = new Set([3, 7, 8, 9])
    const { take } = waiter(locked)
    const done: number[] = []
    const all = Array.from({ length: 60 }, (_, item) => item)
    const takings = new Map([...all, 103].map((item) => [item, take(item).then(() => done.push(item))]))
    const free = all.filter((item) => !locked.has(item))
    await Promise.all(free.map((item) => takings.get(item)))
    expect(done.toSorted((a, b) => a - b)).toEqual(free)
    locked.clear()
    await Promise.all(takings.values())
    expect(done.filter((item) => item % 100 === 3)).toEqual([3, 103])
    expect(done).toHaveLength(61)
  })

  test('is refused when the lock outlasts its patience', async () => {
    const { take } = waiter(new Set([1]), 0)
    expect(outcomes(await Promise.allSettled([0, 1, 2].map(take)))).toEqual([0, 'overloaded', 20])
  })

  test('by a whole table waits as one batch', async () => {
    let isLocked = true
    let looks = 0
    const heldUp = new Error('held up')
    const batches: number[][] = []
    const take = coalescer<number, number>({
      run: async (items) => {
        batches.push(items)
        if (isLocked) throw heldUp
        return items
      },
      nameOf: String,
      maxBatch: 50,
      lanes: 2,
      bound,
      locks: {
        isHeldUp: (error) => error === heldUp,
        findHeldUp: async () => {
          isLocked = ++looks < 3
          throw heldUp
        },
      },
    })
    const items = Array.from({ length: 20 }, (_, item) => item)
    expect(await Promise.all(items.map(take))).toEqual(items)
    expect(batches).toEqual([items, items, items, items])
  })
})

describe('more than can be done', () => {
  test('is refused at once past the bound, and what waits is done', async () => {
    const take = coalescer<number, number>({
      run: async (items) => items,
      nameOf: String,
      maxBatch: 10,
      lanes: 1,
      bound: { ...bound, maxWaiting: 15 },
    })
    const results = outcomes(await Promise.allSettled(Array.from({ length: 20 }, (_, item) => take(item))))
    expect(results.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, item) => item))
    expect(results.slice(15)).toEqual(Array(5).fill('overloaded'))
  })

  test('is refused when its patience is over, is not begun any more, and leaves room', async () => {
    const begun: number[] = []
    let release = () => {}
    const stuck = new Promise<void>((resolve) => {
      release = resolve
    })
    const take = coalescer<number, number>({
      run: async (items) => {
        begun.push(...items)
        await stuck
        return items
      },
      nameOf: (item) => String(item % 100),
      maxBatch: 1,
      lanes: 1,
      bound: { ...bound, maxWaiting: 3, patienceMs: 0 },
    })
    // One is under way, one waits for it, one for its name.
    expect(outcomes(await Promise.allSettled([1, 2, 101].map(take)))).toEqual(Array(3).fill('overloaded'))
    const [again, another] = [take(201), take(202)].map((taking) => taking.catch(() => 'overloaded'))
    expect(begun).toEqual([1])
    release()
    expect(await Promise.all([again, another])).toEqual([201, 202])
    expect(begun).toEqual([1, 201, 202])
  })
})

test('what is done ahead is told at once, and what it leaves or fails at is done with the others', async () => {
  const batches: number[][] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const take = coalescer<number, number>({
    runAhead: async (items) => {
      if (items.includes(13)) throw new Error('not ahead')
      return items.map((item) => (item % 2 === 0 ? item * 10 : undefined))
    },
    run: async (items) => {
      batches.push(items)
      await held
      return items.map((item) => item * 100)
    },
    nameOf: (item) => String(item % 100),
    maxBatch: 50,
    lanes: 2,
    bound,
  })
  const [two, three, four] = [take(2), take(3), take(4)]
  expect(await Promise.all([two, four])).toEqual([20, 40])
  // The next of a name waits for the one before it.
  const [next, other] = [take(103), take(102)]
  expect(await other).toBe(1020)
  expect(batches).toEqual([[3]])
  release()
  expect(await Promise.all([three, next, take(13), take(14)])).toEqual([300, 10_300, 1_300, 1_400])
})

test('what is left by the work ahead holds up nothing that is done ahead, and goes on together', async () => {
  const batches: number[][] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const take = coalescer<number, number>({
    runAhead: async (items) => items.map((item) => (item < 100 ? item : undefined)),
    run: async (items) => {
      batches.push(items)
      await held
      return items
    },
    maxBatch: 50,
    lanes: 1,
    bound,
  })
  const slow: Promise<number>[] = []
  for (const item of [100, 101, 102, 103, 104]) {
    slow.push(take(item))
    expect(await take(item - 100)).toBe(item - 100)
  }
  expect(batches).toEqual([[100], [101]])
  release()
  expect(await Promise.all(slow)).toEqual([100, 101, 102, 103, 104])
  expect(batches).toEqual([[100], [101], [102, 103, 104]])
})
