import { cannotBeGiven } from '@mason/contract/ability'
import type { NewDeployment } from '@mason/contract/deployment'
import type { DeviceKind } from '@mason/contract/device-kind'
import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { foldedText } from '../../core/filter/compare.ts'

/** So many devices of a group are looked at; in a larger one there are likely others. */
const lookedAt = 1_000

type Wanted = Pick<NewDeployment, 'type'> & { group: string }
type App = Pick<NewDeployment, 'name' | 'version'>

/**
 * Refuses what cannot be deployed because of the kinds of devices that the group has.
 *
 * @throws AppError when none of them can have it, or it could not be seen whether they have it.
 */
export async function refuseForKinds(tx: Db, accountId: string, wanted: Wanted, apps: App[]): Promise<void> {
  const { group, type } = wanted
  const { rows } = await tx.query<{ kind: DeviceKind; devices: number }>(sql`
    SELECT kind, count(*)::int AS devices
    FROM (SELECT kind FROM device WHERE account_id = ${accountId} AND group_name = ${group} ORDER BY id LIMIT ${lookedAt}) AS d
    GROUP BY kind`)
  if (rows.some(({ kind }) => kind === 'headwind')) await refuseUnclear(tx, accountId, apps)
  const [why, ...others] = rows.map(({ kind }) => cannotBeGiven(kind, type))
  const devices = rows.reduce((sum, row) => sum + row.devices, 0)
  if (why === undefined || others.includes(undefined) || devices === lookedAt) return
  throw new AppError('conflict_error', `${why}, and the group ${group} has no device of another kind`)
}

/**
 * The same for the devices that match a filter now, of which so many with the Headwind agent are looked at.
 *
 * @throws AppError when it could not be seen whether they have it.
 */
export async function refuseForMatching(tx: Db, accountId: string, isMatching: Sql, apps: App[]): Promise<void> {
  if (apps.length === 0) return
  const { rowCount } = await tx.query(sql`
    SELECT FROM (SELECT * FROM device WHERE account_id = ${accountId} AND ${isHeadwind} ORDER BY id LIMIT ${lookedAt}) AS device
    WHERE ${isMatching} LIMIT 1`)
  if (rowCount) await refuseUnclear(tx, accountId, apps)
}

// As the index of kinds has it.
const isHeadwind = sql`${foldedText(sql`kind`)} = 'headwind'`

/** Headwind's agent reports the name of a version and no code. @throws AppError when the name is that of another version, too. */
async function refuseUnclear(tx: Db, accountId: string, apps: App[]): Promise<void> {
  const { rows } = await tx.query<App & { versionName: string | null; other: string | null }>(sql`
    SELECT a.name, a.version, a.facts ->> 'versionName' AS "versionName",
      (SELECT version FROM artifact AS o
       WHERE o.account_id = a.account_id AND o.type = 'apk' AND o.name = a.name AND o.version <> a.version
         AND o.facts ->> 'versionName' = a.facts ->> 'versionName' ORDER BY id LIMIT 1) AS other
    FROM unnest(${apps.map((app) => app.name)}::text[], ${apps.map((app) => app.version)}::text[]) AS t (name, version)
    JOIN artifact AS a ON a.account_id = ${accountId} AND a.type = 'apk' AND a.name = t.name AND a.version = t.version`)
  const unclear = rows.find((row) => row.versionName === null || row.other !== null)
  if (!unclear) return
  const { name, version, versionName, other } = unclear
  const why =
    versionName === null ? 'has no versionName' : `has the versionName ${versionName}, as the version ${other} has`
  throw new AppError(
    'conflict_error',
    `The version ${version} of ${name} ${why}: devices with the Headwind agent report nothing else, so it could not be seen whether they have it`,
  )
}
