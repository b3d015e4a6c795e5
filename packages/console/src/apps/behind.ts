import type { InstalledApp } from '@mason/contract/app'
import { listArtifacts } from '@mason/contract/artifact'
import { getSummary } from '@mason/contract/device'
import { compareVersions } from '@mason/contract/version'
import { useQueries, useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { deviceCount } from '../api/counts.ts'
import { endOfIds } from '../api/list-ends.ts'
import { useCan } from '../session/session.ts'

/** Of so many groups, the largest, it is asked which are behind. */
const groupsAsked = 20

/** A value of the filter language. */
const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

const newer = (a: string, b: string) => (compareVersions(a, b) < 0 ? b : a)

/**
 * The groups with devices that have an older version than the newest that is registered. Where none is registered, or somebody may not
 * see it, they are compared with the newest that a device has.
 */
export function useBehind(app: InstalledApp) {
  const can = useCan()
  const summary = useQuery(read(getSummary, {}))
  const canRead = can('registry:read')
  const artifacts = useQuery({
    ...read(listArtifacts, { type: 'apk', n: app.package, limit: 100, before: endOfIds }),
    enabled: canRead,
  })
  const isRead = !canRead || !artifacts.isPending
  const versions = (artifacts.data?.data ?? []).filter(({ name }) => name === app.package).map(({ version }) => version)
  const registered = versions.length === 0 ? undefined : versions.reduce(newer)
  const wanted = registered ?? app.versions[0]?.version ?? ''
  const groups = (summary.data ? one(summary.data).groups : [])
    .toSorted((a, b) => b.devices - a.devices)
    .slice(0, groupsAsked)
    .map(({ name }) => name)
  const counts = useQueries({
    queries: groups.map((name) => ({
      ...deviceCount({ filter: `app.${app.package}<${quoted(wanted)} and group==${quoted(name)}` }),
      enabled: isRead,
    })),
  })
  return {
    wanted,
    /** Whether the wanted version can be deployed. */
    isRegistered: registered !== undefined,
    isCounting: summary.isPending || counts.some(({ isPending }) => isPending),
    groups: groups.flatMap((name, index) => {
      const count = counts[index]?.data?.count ?? 0
      return count > 0 ? [{ name, count }] : []
    }),
  }
}
