import { readFile } from 'node:fs/promises'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Report } from '../check-in/report.ts'
import { writePrivateFile } from '../credential/private-file.ts'

const Installed = T.Object({
  apps: T.Record(T.String(), T.String()),
  project: T.Optional(T.Object({ project: T.String(), version: T.String() })),
  release: T.Optional(T.String()),
})
export type Installed = Static<typeof Installed>

/** Reads what hooks installed; nothing where there is no file, or none that can be read. */
export async function readInstalled(path: string): Promise<Installed> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (Value.Check(Installed, value)) return value
  } catch {}
  return { apps: {} }
}

export const writeInstalled = (path: string, installed: Installed) => writePrivateFile(path, JSON.stringify(installed))

/** The report of a host with what hooks installed in it: nobody but the hook knows of that. */
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
