import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { Turnstile } from './turnstile.ts'

function turnstile({ max = 100 } = {}) {
  const [passed, refused]: [number[], number[]] = [[], []]
  const gate = new Turnstile<number>({
    ...{ inTurn: 3, max, patienceMs: 60_000 },
    pass: (item) => passed.push(item),
    refuse: (item) => refused.push(item),
  })
  return { gate, passed, refused }
}

test('a crowd passes a few in a turn of the loop, in its order, but for those who have gone', async () => {
  const { gate, passed, refused } = turnstile()
  for (let item = 0; item < 10; item++) gate.enter(item)
  gate.leave(4)
  expect(passed).toEqual([])
  const turns: number[] = []
  while (passed.length < 9) {
    await nextTurn()
    turns.push(passed.length)
  }
  expect(turns).toEqual([3, 6, 9])
  expect(passed).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9])
  gate.enter(10)
  await nextTurn()
  expect(passed.at(-1)).toBe(10)
  expect([gate.waiting, refused]).toEqual([0, []])
})

test('who finds no room is refused', async () => {
  const { gate, passed, refused } = turnstile({ max: 5 })
  for (let item = 0; item < 7; item++) gate.enter(item)
  expect(refused).toEqual([5, 6])
  await eventually(() => expect(passed).toEqual([0, 1, 2, 3, 4]))
})
