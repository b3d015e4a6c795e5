import { delay } from '@mason/sdk/delay'

/** Time as a simulation sees it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Waits; rejects when the signal aborts. */
  delay(ms: number, signal: AbortSignal): Promise<void>
}

/** The time of day. */
export const wallClock: Clock = { now: Date.now, delay }
