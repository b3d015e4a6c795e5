import { createHash, createHmac } from 'node:crypto'
import type { DesiredState } from '@mason/contract/deployment'
import { dayMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { signFile } from '../../software/artifact/signed-file.ts'
import { type DesiredStates, insideWindows } from '../../software/deployment/desired.ts'
import { type Flags, flagsOf } from './flags.ts'
import { deployedAtMs, projectFile } from './project-file.ts'
import { namedVersions } from './versions.ts'

/** What a configuration is made of. */
export interface ConfigSources {
  db: Db
  desired: DesiredStates
  signer: UrlSigner
  publicUrl: () => string
  /** Makes the password of the agent's settings, which nobody is told. */
  passwordKey: Buffer
}

/** How long a URL of a configuration leads to its app: the agent asks for another one every hour. */
const urlMs = 2 * dayMs

/**
 * What every configuration has. The agent stays in the background of the device's own launcher. It polls, for its MQTT is not
 * encrypted; without a password of ours, a well-known one would open its settings.
 */
const common = (passwordKey: Buffer, of: string) => ({
  pushOptions: 'polling',
  password: createHash('md5')
    .update(createHmac('sha256', passwordKey).update(of).digest('base64url').slice(0, 20))
    .digest('hex')
    .toUpperCase(),
  backgroundColor: '#1c40e3',
  textColor: '#ffffff',
  iconSize: 100,
  title: 'none',
  permissive: true,
  runDefaultLauncher: true,
  applications: [] as object[],
  files: [] as object[],
})

/** The first configuration of an agent, and that of one which is to go: it moves on, or resets itself. */
export const bareConfig = ({ passwordKey }: ConfigSources, of: string, more: object = {}) => ({
  ...common(passwordKey, of),
  ...more,
})

/** What a device is to have and to do now; notes that it has asked. */
export async function configOf(sources: ConfigSources, device: VerifiedDevice): Promise<object> {
  const { db, desired } = sources
  const { accountId, id } = device
  const { rows } = await db.query<{ revision: string | null; hasProject: boolean }>(sql`
    WITH asked AS (
      INSERT INTO headwind_device (account_id, device_id, config_at) VALUES (${accountId}, ${id}, now())
      ON CONFLICT (account_id, device_id) DO UPDATE SET config_at = excluded.config_at)
    SELECT desired AS revision, project_updated AS "hasProject" FROM device WHERE account_id = ${accountId} AND id = ${id}`)
  const { revision = null, hasProject = false } = rows[0] ?? {}
  const wanted = { accountId, revision }
  const whole = (await desired(db, [wanted]))(wanted)
  const now = insideWindows(whole, Date.now())
  const flags = await flagsOf(db, device)
  return {
    ...common(sources.passwordKey, id),
    applications: await applicationsOf(sources, accountId, whole, now),
    files: await filesOf(sources, accountId, hasProject ? whole : now),
    ...membersOf(flags),
  }
}

const membersOf = ({ isToReset, isToReboot }: Flags) => ({
  ...(isToReset && { factoryReset: true }),
  ...(isToReboot && { reboot: true }),
})

/**
 * The configuration of the project, as a file that the apps of the device can read. The agent has no use for boot media, nor for an OS. It
 * downloads a file again when its time grows, which is that of the deployment.
 */
async function filesOf(
  { db, signer, publicUrl }: ConfigSources,
  accountId: string,
  { config }: DesiredState,
): Promise<object[]> {
  if (!config) return []
  const { rows } = await db.query<{ sha256: string }>(sql`
    SELECT sha256 FROM artifact
    WHERE account_id = ${accountId} AND type = 'config' AND name = ${config.project} AND version = ${config.version}`)
  return rows.map(({ sha256 }) => ({
    path: projectFile,
    lastUpdate: deployedAtMs(config.deployment),
    url: publicUrl() + signFile(signer, sha256, `${config.deployment}.yml`, new Date(Date.now() + urlMs)),
  }))
}

/**
 * The apps of a device. The agent knows a download, and a failed attempt, by the last part of its URL: each app, version and
 * deployment has its own. A URL needs no credential, for the agent sends none. What may not be installed now has no URL: the agent
 * reports it if it is there, and downloads nothing.
 */
async function applicationsOf(
  { db, signer, publicUrl }: ConfigSources,
  accountId: string,
  { apps }: DesiredState,
  now: DesiredState,
): Promise<object[]> {
  const versions = await namedVersions(
    db,
    accountId,
    apps.map(({ name }) => name),
  )
  const expiresAt = new Date(Date.now() + urlMs)
  return apps.map((app) => {
    const { name: pkg, version: code, sha256, deployment } = app
    return {
      type: 'app',
      name: pkg,
      pkg,
      version: versions.find((one) => one.pkg === pkg && one.code === code)?.name ?? '0',
      code: Number(code),
      ...(now.apps.includes(app) && {
        url: publicUrl() + signFile(signer, sha256, `${pkg}-${code}-${deployment}.apk`, expiresAt),
      }),
      remove: false,
      showIcon: true,
    }
  })
}
