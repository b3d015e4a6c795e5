import { ApiError } from '@mason/sdk/api-error'
import type { Query } from '@tanstack/react-query'

/** So that a page that is looked at is at most two seconds behind. */
const renewalMs = 1500

/** Reads that change with an event alone, and the session's. */
const announced = new Set([
  'getBatch',
  'getCurrentSession',
  'getGroup',
  'getSignInMethods',
  'listAlertRules',
  'listAlerts',
  'listEvents',
  'listGroups',
  'listNotifications',
  'listVersions',
])

/** Of what the platform holds; others ask for something once. */
const isOfPlatform = /^(compare|device|forecast|get|list)/

/**
 * How often a read is renewed while its page is looked at. Check-ins, usage records and others write no event, and not everybody
 * sees events; false where they say when a read has changed.
 */
export function renewalOf({ queryKey: [operation], state: { data, error } }: Query): number | false {
  const isRefused = error instanceof ApiError && [400, 401, 403].includes(error.status)
  const name = String(operation)
  const isRenewed = isOfPlatform.test(name) && !announced.has(name) && !isRefused && !isFarBack(data)
  return isRenewed ? renewalMs : false
}

/** Whether somebody has read far back in a list: renewing all of it would cost much and move what is read. */
export const isFarBack = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > 2
