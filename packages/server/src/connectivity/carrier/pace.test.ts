import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

const requestsPerSecond = 20

/** Nothing of this process goes on for so long. */
const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

test('in no second there are more requests than the carrier takes, also after the process was held up', async () => {
  const pace = new Pace(requestsPerSecond)
  const { signal } = new AbortController()
  const times: number[] = []
  const turns = Array.from({ length: 30 }, async () => {
    await pace.turn(signal)
    times.push(performance.now())
  })
  stall(1000)
  await Promise.all(turns)
  const most = times.map((begin) => times.filter((at) => at >= begin && at < begin + 1000).length)
  expect(Math.max(...most)).toBeLessThanOrEqual(requestsPerSecond)
})

test('what waits is given up with its signal, and what comes after it has its turn', async () => {
  const pace = new Pace(requestsPerSecond)
  const gone = new AbortController()
  const waiting = Promise.allSettled(Array.from({ length: 100 }, () => pace.turn(gone.signal)))
  gone.abort()
  const outcomes = (await waiting).map(({ status }) => status)
  expect(outcomes).toContain('rejected')
  await pace.turn(new AbortController().signal)
})
