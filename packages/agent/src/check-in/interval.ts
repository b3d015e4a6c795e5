const shortestMs = 1000
const longestMs = 24 * 3_600_000

/** How long to wait until the next check-in: milliseconds for what a server asked in seconds, from a second to a day. */
export function intervalMs(checkinSeconds: number): number {
  return boundedMs(checkinSeconds * 1000)
}

/** Keeps a wait that a server asked for within a day, and within what a timer can hold. */
export function boundedMs(askedMs: number): number {
  return Math.min(longestMs, Math.max(shortestMs, askedMs))
}
