import { expect, test } from 'vitest'
import { inTurns } from './turns.ts'

test('other work comes between the parts of a list', async () => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const seen: number[] = []
  for await (const part of inTurns([1, 2, 3, 4, 5, 6, 7], 2)) seen.push(...part)
  isOver = true
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(turns).toBeGreaterThanOrEqual(3)
})
