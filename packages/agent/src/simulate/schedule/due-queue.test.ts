import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from './due-queue.ts'

test('gives what is due, in order, and no more', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(1000), (dues, nowMs) => {
      const queue = new DueQueue<number>()
      for (const dueMs of dues) queue.push(dueMs, dueMs)
      const taken: number[] = []
      for (let entry = queue.takeDue(nowMs); entry; entry = queue.takeDue(nowMs)) taken.push(entry.item)
      const expected = dues.filter((dueMs) => dueMs <= nowMs).sort((one, other) => one - other)
      expect(taken).toEqual(expected)
      expect(queue.size).toBe(dues.length - expected.length)
    }),
  )
})

test('keeps its order while items come back', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.array(fc.nat(50)), (dues, delays) => {
      const queue = new DueQueue<number>()
      for (const dueMs of dues) queue.push(dueMs, 0)
      let lastMs = 0
      for (const delayMs of delays) {
        const entry = queue.takeDue(Number.POSITIVE_INFINITY)
        expect(entry?.dueMs).toBeGreaterThanOrEqual(lastMs)
        lastMs = entry?.dueMs ?? 0
        queue.push(lastMs + delayMs, 0)
      }
      expect(queue.size).toBe(dues.length)
    }),
  )
})
