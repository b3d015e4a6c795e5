import type { DesiredState } from '@mason/contract/deployment'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** A version of an app in the registry: devices report its name, and everything else goes by its code. */
interface NamedVersion {
  pkg: string
  code: string
  name: string | null
}

/** Finds the names of the versions of these apps. */
export async function namedVersions(db: Db, accountId: string, packages: string[]): Promise<NamedVersion[]> {
  if (packages.length === 0) return []
  const { rows } = await db.query<NamedVersion>(sql`
    SELECT name AS pkg, version AS code, facts ->> 'versionName' AS name FROM artifact
    WHERE account_id = ${accountId} AND type = 'apk' AND name = ANY (${packages}::text[]) ORDER BY id`)
  return rows
}

/**
 * Which code a reported name of a version means: that of what the device is to have, if it has this name, else that of the newest
 * with this name. A name that the registry does not know is the version itself.
 */
export function codesByName(known: NamedVersion[], desired: DesiredState) {
  const wanted = new Map(desired.apps.map(({ name, version }) => [name, version]))
  return (pkg: string, reported: string): string => {
    const codes = known.filter((one) => one.pkg === pkg && one.name === reported).map(({ code }) => code)
    const due = wanted.get(pkg)
    if (due !== undefined && codes.includes(due)) return due
    return codes.sort((a, b) => Number(a) - Number(b)).at(-1) ?? reported
  }
}
