import { ApiError } from '@mason/sdk/api-error'
import type { Query } from '@tanstack/react-query'

/** So that a page that is looked at is at most two seconds behind. */
const renewalMs = 1500

/** Reads that change without an event, such as by a check-in or a usage record, or that are shown to people who see no events. */
const unannounced = new Set([
  'compareSimUsage',
  'deviceRows',
  'forecastSubscription',
  'getDeployment',
  'getDevice',
  'getProject',
  'getSim',
  'getSimUsageSeries',
  'getSubscription',
  'getSummary',
  'getUsage',
  'getUsageSeries',
  'listApiKeys',
  'listArtifacts',
  'listBuilds',
  'listDeploymentDevices',
  'listDeployments',
  'listDevices',
  'listEnrollments',
  'listExports',
  'listLocations',
  'listProjects',
  'listSessions',
  'listSims',
  'listSimUsage',
  'listSubscriptionHistory',
  'listUsers',
  'listVersions',
])

/** How often a read is renewed while its page is looked at; false where events say when it has changed. */
export function renewalOf({ queryKey: [operation], state: { data, error } }: Query): number | false {
  const isRefused = error instanceof ApiError && [400, 401, 403].includes(error.status)
  return unannounced.has(String(operation)) && !isRefused && !isFarBack(data) ? renewalMs : false
}

/** Whether somebody has read far back in a list: renewing all of it would cost much and move what is read. */
export const isFarBack = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > 2
