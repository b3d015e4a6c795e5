import { LRUCache } from 'lru-cache'

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

/** Token buckets by name, of this node. The least recently used are forgotten, which only ever errs for the client. */
export class RateLimiter {
  readonly #buckets: LRUCache<string, Bucket>
  readonly #now: () => number

  constructor(now: () => number = () => performance.now(), max = 100_000) {
    this.#now = now
    this.#buckets = new LRUCache({ max })
  }

  /** Takes `cost` requests out of the bucket if they fit; a cost of 0 only looks. */
  take(name: string, rate: Rate, cost = 1): Allowance {
    const now = this.#now()
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      bucket = { tokens: rate.burst, refilledAt: now }
      this.#buckets.set(name, bucket)
    }
    const elapsedMs = Math.max(0, now - bucket.refilledAt)
    bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsedMs / 1000) * rate.perSecond)
    bucket.refilledAt = now
    const isAllowed = bucket.tokens >= cost
    if (isAllowed) bucket.tokens -= cost
    const missing = isAllowed ? 0 : cost - bucket.tokens
    return {
      isAllowed,
      rate,
      left: Math.floor(bucket.tokens),
      resetSeconds: Math.ceil((rate.burst - bucket.tokens) / rate.perSecond),
      retrySeconds: Math.ceil(missing / rate.perSecond),
      waitMs: (missing / rate.perSecond) * 1000,
    }
  }
}
