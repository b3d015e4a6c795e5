import { readFile } from 'node:fs/promises'
import type { DesiredState } from '@mason/contract/deployment'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Report } from '../check-in/report.ts'
import { writePrivateFile } from '../credential/private-file.ts'

const Installed = T.Object({
  apps: T.Record(T.String(), T.String(), { description: 'version by package name' }),
  project: T.Optional(T.Object({ project: T.String(), version: T.String() })),
  release: T.Optional(T.String({ description: 'of the OS' })),
})
/** What was installed by deployments: app versions by package name, the project, the OS release. */
export type Installed = Static<typeof Installed>

/** Reads what hooks installed; nothing when the file is missing or cannot be parsed. */
export async function readInstalled(path: string): Promise<Installed> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (Value.Check(Installed, value)) return value
  } catch {}
  return { apps: {} }
}

/** Stores what hooks installed with mode 0600, atomically. */
export const writeInstalled = (path: string, installed: Installed) => writePrivateFile(path, JSON.stringify(installed))

/** What is installed once an assignment is fully carried out. */
export function installedBy({ apps, config, ota }: DesiredState): Installed {
  return {
    apps: Object.fromEntries(apps.map(({ name, version }) => [name, version])),
    ...(config && { project: { project: config.project, version: config.version } }),
    ...(ota && { release: ota.version }),
  }
}

/** Adds to a device's report what deployments installed, in place of what the report says of the same things. */
export function withInstalled(report: Report, { apps, project, release }: Installed): Report {
  const names = Object.keys(apps)
  const others = (report.apps ?? []).filter(({ name }) => !Object.hasOwn(apps, name))
  const isOsKnown = project !== undefined || release !== undefined
  return {
    ...report,
    ...(names.length > 0 && { apps: [...others, ...names.map((name) => ({ name, version: apps[name] ?? '' }))] }),
    ...(isOsKnown && {
      os: {
        ...report.os,
        ...(project && { configuration: { ...report.os?.configuration, ...project } }),
        ...(release !== undefined && { masonOS: { ...report.os?.masonOS, release } }),
      },
    }),
  }
}
