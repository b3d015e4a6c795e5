import { expect, test } from 'vitest'
import { fakeClock } from '../../../test/fake-clock.ts'
import { dispatch } from './dispatch.ts'
import { DueQueue } from './due-queue.ts'

function setUp(dues: number[]) {
  const queue = new DueQueue<string>()
  for (const [index, dueMs] of dues.entries()) queue.push(dueMs, `item ${index}`)
  return { queue, concurrency: 2, endMs: () => 10_000, clock: fakeClock(0), signal: new AbortController().signal }
}

test('runs each item over and over when it is due, to the end', async () => {
  const runs: [string, number][] = []
  const run = async (item: string, dueMs: number) => {
    runs.push([item, dueMs])
    return dueMs + 4000
  }
  await dispatch({ ...setUp([0, 1000]), run })
  expect(runs).toEqual([0, 1000, 4000, 5000, 8000, 9000].map((dueMs, index) => [`item ${index % 2}`, dueMs]))
})

test('never more at a time than asked, and none is forgotten', async () => {
  let inFlight = 0
  let most = 0
  const done: string[] = []
  const run = async (item: string) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    await new Promise(setImmediate)
    inFlight -= 1
    done.push(item)
    return undefined
  }
  await dispatch({ ...setUp([0, 0, 0, 0, 0]), run })
  expect(most).toBe(2)
  expect(done).toHaveLength(5)
})

test('stops with the signal, and lets what is in flight finish', async () => {
  const stop = new AbortController()
  const runs: string[] = []
  const run = async (item: string) => {
    stop.abort()
    await new Promise(setImmediate)
    runs.push(item)
    return 0
  }
  await dispatch({ ...setUp([0, 5000]), run, signal: stop.signal })
  expect(runs).toEqual(['item 0'])
})
