import type { Peers } from '../core/peers/peers.ts'
import type { RateLimiter } from './rate-limit.ts'

/** As long as a request is counted here alone. */
const shareEveryMs = 50

/** Tells the other nodes what was taken out of the buckets here, and the other way around. */
export function shareSpendings(limiter: RateLimiter, peers: Peers): { stop(): void } {
  peers.hear((message) => {
    if (message.kind === 'spent') limiter.spend(message.spent)
  })
  const timer = setInterval(() => {
    const spent = limiter.spent()
    if (spent.length > 0) peers.tell({ kind: 'spent', spent })
  }, shareEveryMs).unref()
  return { stop: () => clearInterval(timer) }
}
