import { delay } from '@mason/sdk/delay'

/** The clock of a simulation. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Waits; rejects when the signal aborts. */
  delay(ms: number, signal: AbortSignal): Promise<void>
}

/** The system's clock. */
export const wallClock: Clock = { now: Date.now, delay }
