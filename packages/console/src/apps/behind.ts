import type { InstalledApp } from '@mason/contract/app'
import { listArtifacts } from '@mason/contract/artifact'
import { compareVersions } from '@mason/contract/version'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { useCan } from '../session/session.ts'

/** A value of the filter language. */
const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** The devices with a version of an app, as a filter. */
export const filterOf = (app: string, operator: '<' | '==', version: string) =>
  `app.${app}${operator}${quoted(version)}`

const newer = (a: string, b: string) => (compareVersions(a, b) < 0 ? b : a)

/**
 * The versions of an app that are older than the newest that is registered, with exact counts. Where none is registered, or somebody may
 * not see it, they are compared with the newest that a device has.
 */
export function useBehind(app: InstalledApp) {
  const can = useCan()
  const canRead = can('registry:read')
  const artifacts = useQuery({
    ...read(listArtifacts, { type: 'apk', n: app.package, limit: 100, before: endOfIds }),
    enabled: canRead,
  })
  const versions = (artifacts.data?.data ?? []).filter(({ name }) => name === app.package).map(({ version }) => version)
  const registered = versions.length === 0 ? undefined : versions.reduce(newer)
  const wanted = registered ?? app.versions[0]?.version ?? ''
  const older = app.versions.filter(({ version }) => compareVersions(version, wanted) < 0)
  return {
    wanted,
    /** Whether the wanted version can be deployed. */
    isRegistered: registered !== undefined,
    isReading: canRead && artifacts.isPending,
    older,
    devices: older.reduce((sum, { devices }) => sum + devices, 0),
  }
}
