import { ApiError } from './api-error.ts'
import { ConnectionError } from './connection-error.ts'

const firstDelayMs = 250
const longestDelayMs = 20_000
const longestRetryAfterMs = 60_000

// Proxies answer 502 and 504 when a connection behind them failed.
const transientStatuses = [429, 502, 503, 504]

/** The number of retries, and how to wait between attempts. */
export interface RetryOptions {
  maxRetries: number
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  signal: AbortSignal
}

/**
 * Runs an attempt until it succeeds, fails permanently, or no retries are left. Status 429, 502, 503, 504 and failed
 * connections are temporary. The waits follow {@link retryDelayMs}. Source: docs/contract.md §1.
 *
 * @throws the error of the last attempt, or the signal's reason after it has aborted.
 */
export async function withRetries<A>(attempt: () => Promise<A>, options: RetryOptions): Promise<A> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt()
    } catch (error) {
      options.signal.throwIfAborted()
      const waitMs = retries < options.maxRetries ? retryDelayMs(error, retries) : undefined
      if (waitMs === undefined) throw error
      await options.delay(waitMs, options.signal)
    }
  }
}

/**
 * The wait before the next attempt: exponential back-off with full jitter (from 0 to 250 ms, doubling up to 20 s), added to
 * the server's `Retry-After`.
 *
 * @param retries the number of retries before this error.
 * @param random from 0 to 1.
 * @returns milliseconds; undefined when a retry is useless or the server requests more than a minute.
 */
export function retryDelayMs(error: unknown, retries: number, random = Math.random()): number | undefined {
  const backOffMs = random * Math.min(longestDelayMs, firstDelayMs * 2 ** retries)
  if (error instanceof ConnectionError) return backOffMs
  if (!(error instanceof ApiError) || !isTransient(error, retries)) return undefined
  const askedMs = error.retryAfterMs ?? 0
  return askedMs > longestRetryAfterMs ? undefined : askedMs + backOffMs
}

function isTransient(error: ApiError, retries: number): boolean {
  // On a retry, the request that holds the key is our own earlier attempt, which the server still processes.
  const isOwnEarlierAttempt = retries > 0 && error.type === 'idempotency_error'
  return isOwnEarlierAttempt || transientStatuses.includes(error.status)
}
