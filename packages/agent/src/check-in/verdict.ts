import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'
import { backOffMs } from '../back-off.ts'
import { boundedMs } from './interval.ts'

const firstBackOffMs = 1000

/** What to do after a check-in that failed. */
export type Verdict =
  | { outcome: 'credential-refused' }
  | {
      outcome: 'again'
      waitMs: number
      /** Whether the server certainly holds the same as before. */
      isStateKnown: boolean
    }

/** What a verdict depends on besides the error. */
export interface Circumstances {
  /** How many check-ins failed in a row, including this one. */
  failures: number
  /** The usual time between check-ins; no back-off is longer. */
  intervalMs: number
  /** From 0 to 1. */
  random: number
}

/**
 * Decides what to do after a failed check-in. Failed connections and status 5xx back off exponentially with full jitter,
 * never sooner than `Retry-After`. So does 429, which alone leaves no doubt about what the server holds. Any other refusal
 * waits for the next regular check-in, which is a whole one. Source: docs/contract.md §1 and §6.
 *
 * @throws the error itself when it does not come from an exchange with a server.
 */
export function judgeFailure(error: unknown, { failures, intervalMs, random }: Circumstances): Verdict {
  const jitteredMs = backOffMs(failures, { firstMs: firstBackOffMs, longestMs: intervalMs, random })
  if (error instanceof ConnectionError) return { outcome: 'again', waitMs: jitteredMs, isStateKnown: false }
  if (!(error instanceof ApiError)) throw error
  if (error.status === 401) return { outcome: 'credential-refused' }

  const askedMs = error.retryAfterMs === undefined ? 0 : boundedMs(error.retryAfterMs)
  if (error.status === 429) return { outcome: 'again', waitMs: askedMs + jitteredMs, isStateKnown: true }
  const isRefusal = error.status >= 300 && error.status < 500
  return { outcome: 'again', waitMs: isRefusal ? intervalMs : askedMs + jitteredMs, isStateKnown: false }
}
