const [minute, hour] = [60, 3_600]

/** How long is waited after each failed attempt. Source: docs/contract.md §11. */
const waitsSeconds = [5, 5 * minute, ...[0.5, 2, 5, 10, 14, 20, 24].map((hours) => hours * hour)]

/** So that what failed together does not come back together. */
const jitter = 0.1

/** The longest that a receiver can ask for. */
const longestHoldSeconds = 24 * hour

/** After how many seconds it is tried again; undefined when it has been tried often enough. */
export function waitAfter(tries: number, holdSeconds: number): number | undefined {
  const wait = waitsSeconds[tries - 1]
  if (wait === undefined) return undefined
  return Math.max(wait * (1 + jitter * (2 * Math.random() - 1)), holdSeconds)
}

/** How many seconds a `Retry-After` asks for: a number, or a date of HTTP. What cannot be read asks for none. */
export function holdOf(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(0, seconds), longestHoldSeconds)
}
