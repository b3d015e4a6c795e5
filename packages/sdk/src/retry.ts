import { ApiError } from './api-error.ts'
import { ConnectionError } from './connection-error.ts'

const firstDelayMs = 250
const longestDelayMs = 20_000
const longestRetryAfterMs = 60_000

// 502 and 504 are a proxy's word for a connection that failed behind it.
const transientStatuses = [429, 502, 503, 504]

/** How often and how to wait between attempts. */
export interface RetryOptions {
  maxRetries: number
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  signal: AbortSignal
}

/**
 * Runs an attempt until it succeeds, fails for good, or the retries are spent. What passes by itself is tried again:
 * status 429, 502, 503, 504 and connections that failed. Waits follow {@link retryDelayMs}.
 *
 * @throws the last attempt's error, or the signal's reason once it has aborted.
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
 * How long to wait before trying again: exponential back-off with full jitter (from 0 to 250 ms, doubling up to 20 s),
 * on top of the server's `Retry-After`.
 *
 * @param retries how many retries there were before this error.
 * @param random from 0 to 1.
 * @returns milliseconds, or undefined where trying again is no use or the server asks for more than a minute.
 */
export function retryDelayMs(error: unknown, retries: number, random = Math.random()): number | undefined {
  const backOffMs = random * Math.min(longestDelayMs, firstDelayMs * 2 ** retries)
  if (error instanceof ConnectionError) return backOffMs
  if (!(error instanceof ApiError) || !isTransient(error, retries)) return undefined
  const askedMs = error.retryAfterMs ?? 0
  return askedMs > longestRetryAfterMs ? undefined : askedMs + backOffMs
}

function isTransient(error: ApiError, retries: number): boolean {
  // On a retry the key's other user is our own earlier attempt, cut off here and still in flight there.
  const isOwnEarlierAttempt = retries > 0 && error.type === 'idempotency_error'
  return isOwnEarlierAttempt || transientStatuses.includes(error.status)
}
