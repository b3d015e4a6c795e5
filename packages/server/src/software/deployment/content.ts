import { artifactVersionPattern } from '@mason/contract/artifact'
import type { NewDeployment } from '@mason/contract/deployment'
import type { Manifest } from '@mason/contract/project'
import type { Window } from '@mason/contract/window'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { otaName } from '../artifact/register.ts'

/** What a device gets of a deployment; paths of downloads are from the origin. */
interface Content {
  apps: Download[]
  config?: { project: string; version: string; config: unknown; media: (Download & { type: string })[] }
  ota?: { version: string } & Partial<Omit<Download, 'name' | 'version'>>
}

interface Download {
  name: string
  version: string
  sha256: string
  size: number
  url: string
}

/** The same, to be installed only inside a window. */
export const withWindow = ({ apps, config, ota }: Content, window: Window) => ({
  apps: apps.map((app) => ({ ...app, window })),
  ...(config && { config: { ...config, window } }),
  ...(ota && { ota: { ...ota, window } }),
})

type Wanted = Pick<NewDeployment, 'type' | 'name' | 'version'>

/**
 * Finds what is to be deployed; `latest` is what was registered or built last.
 *
 * @throws AppError when there is no such thing, or it is a config that is not built.
 */
export async function findContent(
  db: Db,
  accountId: string,
  wanted: Wanted,
): Promise<{ version: string; content: Content }> {
  if (wanted.type === 'apk') return findApp(db, accountId, wanted)
  return wanted.type === 'config' ? findProject(db, accountId, wanted) : findUpdate(db, accountId, wanted)
}

async function findApp(db: Db, accountId: string, wanted: Wanted) {
  const app = await findArtifact(db, accountId, wanted)
  if (!app) throw missing(wanted)
  return { version: app.version, content: { apps: [app] } }
}

async function findProject(db: Db, accountId: string, wanted: Wanted) {
  const { name, version } = wanted
  const { rows } = await db.query<{ manifest: Manifest | null; is_registered: boolean }>(sql`
    SELECT manifest, true AS is_registered FROM build
    WHERE account_id = ${accountId} AND project = ${name} AND (version = ${version} OR ${version} = 'latest' AND manifest IS NOT NULL)
    UNION ALL SELECT NULL, true FROM artifact
    WHERE account_id = ${accountId} AND type = 'config' AND name = ${name} AND (version = ${version} OR ${version} = 'latest')`)
  if (rows.length === 0) throw missing(wanted)
  const built = rows.flatMap(({ manifest }) => manifest ?? [])
  const [manifest] = built.sort((a, b) => Number(b.version) - Number(a.version))
  if (!manifest)
    throw new AppError(
      'conflict_error',
      `The project ${name} version ${version} is not built: build it before it is deployed`,
    )
  const apps = manifest.apps.map((app) => ({ ...app, url: pathOf('apk', app) }))
  const media = manifest.media.map((one) => ({ ...one, url: pathOf('media', one) }))
  const config = { project: name, version: manifest.version, config: manifest.config, media }
  return { version: manifest.version, content: { apps, config } }
}

/** An update of the OS may come from elsewhere, under a version that nobody registered. */
async function findUpdate(db: Db, accountId: string, wanted: Wanted) {
  if (wanted.name !== otaName) throw invalid('/name', `must be ${otaName}`)
  const update = await findArtifact(db, accountId, wanted)
  if (!update && wanted.version === 'latest') throw missing(wanted)
  if (!update) {
    await refuseUnlikely(db, accountId, wanted.version)
    return { version: wanted.version, content: { apps: [], ota: { version: wanted.version } } }
  }
  const { version, sha256, size, url } = update
  return { version, content: { apps: [], ota: { version, sha256, size, url } } }
}

const otaVersion = new RegExp(artifactVersionPattern)

/** `mason deploy ota 2.13.0 tills kiosks` means the version 2.13.0, and says `tills`. */
async function refuseUnlikely(db: Db, accountId: string, version: string): Promise<void> {
  if (!otaVersion.test(version))
    throw invalid('/version', `is ${JSON.stringify(version)}, which is no version of an OTA`)
  const { rowCount } = await db.query(
    sql`SELECT FROM device_group WHERE account_id = ${accountId} AND name = ${version}`,
  )
  if (/\d/.test(version) && rowCount === 0) return
  const found = rowCount === 0 ? 'does not look like one' : 'is the name of a group'
  throw invalid(
    '/version',
    `is ${JSON.stringify(version)}, which is not registered as a version of ${otaName} and ${found}. The command is: mason deploy ota ${otaName} <version> <group>. If it is a version, register it first`,
  )
}

async function findArtifact(db: Db, accountId: string, { type, name, version }: Wanted): Promise<Download | undefined> {
  const { rows } = await db.query<Omit<Download, 'url'>>(sql`
    SELECT name, version, sha256, size FROM artifact_document
    WHERE account_id = ${accountId} AND type = ${type} AND name = ${name} AND (version = ${version} OR ${version} = 'latest')
    ORDER BY id DESC LIMIT 1`)
  return rows[0] && { ...rows[0], url: pathOf(type, rows[0]) }
}

const pathOf = (type: string, { name, version }: { name: string; version: string }) =>
  `/v1/default/artifact/${type}/${encodeURIComponent(name)}/${encodeURIComponent(version)}/content`

const missing = ({ type, name, version }: Wanted) =>
  new AppError('not_found_error', `There is no ${type} ${name}${version === 'latest' ? '' : ` version ${version}`}`)
