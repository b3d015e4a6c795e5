import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Waiting } from './waiting.ts'

test('who has waited for too long is told in the order of coming, not all in one turn of the loop', async () => {
  const told: number[] = []
  const waiting = new Waiting<number>({ max: 1_000, patienceMs: 0, onOver: (item) => told.push(item) })
  for (let item = 0; item < 1_000; item++) waiting.add(item)
  expect(waiting.isFull).toBe(true)
  expect(waiting.delete(3)).toBe(true)
  expect(waiting.shift()).toBe(0)
  const turns = new Set<number>()
  const look = async (): Promise<void> => {
    turns.add(told.length)
    await nextTurn()
    return waiting.size > 0 ? look() : undefined
  }
  await look()
  expect(told).toEqual(Array.from({ length: 1_000 }, (_, item) => item).filter((item) => item !== 0 && item !== 3))
  expect(turns.size).toBeGreaterThan(2)
  expect([waiting.size, waiting.isFull, waiting.shift(), waiting.delete(5)]).toEqual([0, false, undefined, false])
})
