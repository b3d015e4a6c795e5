import { dayMs } from '@mason/contract/time'

const shortestMs = 1000
const longestMs = dayMs

/** The milliseconds until the next check-in, from a second to a day, for an interval in seconds that a server sent. */
export function intervalMs(checkinSeconds: number): number {
  return boundedMs(checkinSeconds * 1000)
}

/** Limits a wait that a server sent to between a second and a day, which a timer can hold; in milliseconds. */
export function boundedMs(askedMs: number): number {
  return Math.min(longestMs, Math.max(shortestMs, askedMs))
}
