/**
 * Reads how long a server asks its client to wait: `Retry-After` as seconds or as an HTTP date, the latter against the
 * answer's own `Date`, so that a client whose clock is wrong waits just as long.
 *
 * @returns milliseconds from 0 up, or undefined where the header is absent or makes no sense. Source: RFC 9110 §10.2.3.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const now = Date.parse(headers.get('date') ?? '')
  const waitMs = Date.parse(value) - (Number.isNaN(now) ? Date.now() : now)
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
