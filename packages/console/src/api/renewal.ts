import { ApiError } from '@mason/sdk/api-error'
import type { Query } from '@tanstack/react-query'

/** So that a page that is looked at is at most two seconds behind. */
const renewalMs = 1500
/** What is overdue, as on a page that nobody sees, is looked at no more often. */
const leastMs = 100
/** What takes long to read rests this many times as long, so a page takes at most a fifth of a connection by it. */
const restsOfReading = 4

/** Of what the platform holds; others ask for something once. */
const isOfPlatform = /^(compare|count|device|forecast|get|list)/
/** Before anybody is signed in, the same until the server is started anew. */
const isSetting = (name: string) => name === 'getSignInMethods'

/**
 * How long until a read is renewed while its page is looked at. Events tell of most changes sooner (live.tsx). But check-ins, usage records and
 * others write no event, not everybody is told of all events, and one may be missed while a page is loaded. It counts from the
 * platform's last answer: what events patch into a list meanwhile, all the time in a large fleet, puts nothing off.
 */
export function renewalOf({ queryKey: [operation], state }: Query): number | false {
  const { data, error, dataUpdatedAt, errorUpdatedAt, fetchStatus } = state
  const isRefused = error instanceof ApiError && [400, 401, 403].includes(error.status)
  const name = String(operation)
  const isRenewed = isOfPlatform.test(name) && !isSetting(name) && !isRefused && !isFarBack(data)
  if (!isRenewed) return false
  const restMs = Math.max(renewalMs, restsOfReading * readingMs(data))
  if (fetchStatus === 'fetching') return restMs
  return Math.max(leastMs, Math.max(dataUpdatedAt, errorUpdatedAt) + restMs - Date.now())
}

/** How long it took to read what says so itself, as counts do. */
const readingMs = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'readingMs' in data ? Number(data.readingMs) : 0

/** Whether somebody has read far back in a list: renewing all of it would cost much and move what is read. */
export const isFarBack = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > 2
