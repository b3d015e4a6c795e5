import type { DesiredState } from '@mason/contract/deployment'

/** Where the configuration of a project lies on a device, from the root of its shared storage. */
export const projectFile = 'Documents/mason.yml'

/** A file that the agent says the device has. */
export interface ReportedFile {
  path: string
  /** In milliseconds since 1970, as the configuration said it. */
  lastUpdate: number
}

/** When a deployment was made, in milliseconds since 1970, as its id says. */
export const deployedAtMs = (deployment: string): number =>
  Number.parseInt(deployment.replaceAll('-', '').slice(0, 12), 16)

/** The project that a device has by the files that it reports: that which it is to have, or none. */
export function projectOf(
  files: ReportedFile[],
  { config }: DesiredState,
): { project: string; version: string } | undefined {
  if (!config) return undefined
  const { project, version, deployment } = config
  const isThere = files.some((file) => file.path === projectFile && file.lastUpdate === deployedAtMs(deployment))
  return isThere ? { project, version } : undefined
}
