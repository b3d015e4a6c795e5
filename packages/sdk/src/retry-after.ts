/**
 * Parses the wait that a server requests: `Retry-After` in seconds or as an HTTP date. A date is compared with the answer's
 * own `Date`, so that the client's clock does not matter.
 *
 * @returns milliseconds, at least 0; undefined when the header is absent or invalid. Source: RFC 9110 §10.2.3.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const now = Date.parse(headers.get('date') ?? '')
  const waitMs = Date.parse(value) - (Number.isNaN(now) ? Date.now() : now)
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
