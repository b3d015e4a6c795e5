import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../src/simulate/schedule/clock.ts'

/** A clock that jumps to the end of every wait, once pending I/O has had its turn. */
export function fakeClock(startMs: number): Clock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    async delay(ms, signal) {
      signal.throwIfAborted()
      await setImmediate()
      nowMs += ms
    },
  }
}
