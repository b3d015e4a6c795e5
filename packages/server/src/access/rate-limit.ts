import { LRUCache } from 'lru-cache'
import type { Spending } from '../core/peers/message.ts'

/** How fast requests may come. */
export interface Rate {
  perSecond: number
  burst: number
}

interface Bucket {
  tokens: number
  refilledAt: number
}

/** What is left after a request was counted. */
export interface Allowance {
  isAllowed: boolean
  rate: Rate
  /** Whole requests left now. */
  left: number
  /** Seconds until the bucket is full again. */
  resetSeconds: number
  /** Seconds until the next request fits; 0 when one does. */
  retrySeconds: number
  /** The same in milliseconds, not rounded. */
  waitMs: number
}

/**
 * Token buckets by name, of this node or of several, who tell each other what they took. What several took at once can leave less
 * than nothing, which is made up for before the next. The least recently used are forgotten, which only ever errs
 * for the client.
 */
export class RateLimiter {
  readonly #buckets: LRUCache<string, Bucket>
  readonly #now: () => number
  /** What was taken here and not told yet; nothing where nobody asks. */
  #spent: Map<string, Spending> | undefined

  constructor(now: () => number = () => performance.now(), max = 100_000) {
    this.#now = now
    this.#buckets = new LRUCache({ max })
  }

  /** Takes `cost` requests out of the bucket if they fit; a cost of 0 only looks. */
  take(name: string, rate: Rate, cost = 1): Allowance {
    const now = this.#now()
    const bucket = this.#find(name, rate.burst)
    const elapsedMs = Math.max(0, now - bucket.refilledAt)
    bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs / 1000) * rate.perSecond)
    bucket.refilledAt = now
    const isAllowed = bucket.tokens >= cost
    if (isAllowed) bucket.tokens -= cost
    if (isAllowed && cost > 0) this.#note(name, cost, rate.burst)
    const missing = isAllowed ? 0 : cost - bucket.tokens
    return {
      isAllowed,
      rate,
      left: Math.max(0, Math.floor(bucket.tokens)),
      resetSeconds: Math.ceil((rate.burst - bucket.tokens) / rate.perSecond),
      retrySeconds: Math.ceil(missing / rate.perSecond),
      waitMs: (missing / rate.perSecond) * 1000,
    }
  }

  /** What was taken here since the last call; from the first call on it is noted. */
  spent(): Spending[] {
    const spent = [...(this.#spent?.values() ?? [])]
    this.#spent = new Map()
    return spent
  }

  /** Takes what was taken elsewhere. */
  spend(spent: readonly Spending[]): void {
    for (const [name, cost, burst] of spent) this.#find(name, burst).tokens -= cost
  }

  #find(name: string, burst: number): Bucket {
    const known = this.#buckets.get(name)
    if (known) return known
    const bucket = { tokens: burst, refilledAt: this.#now() }
    this.#buckets.set(name, bucket)
    return bucket
  }

  #note(name: string, cost: number, burst: number): void {
    const noted = this.#spent?.get(name)
    if (noted) noted[1] += cost
    else this.#spent?.set(name, [name, cost, burst])
  }
}
