import { randomUUID } from 'node:crypto'
import type { Checkin } from '@mason/contract/checkin'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import { dayMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { readSent } from '../../fleet/checkin/sent-report.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import { who } from '../../fleet/notification/outcome.ts'
import { signFile } from '../../software/artifact/signed-file.ts'
import { type DesiredStates, insideWindows } from '../../software/deployment/desired.ts'
import { bidFarewell } from '../reach/farewell.ts'
import { bootIdOf } from './boot.ts'
import { noteScan, type Scan, scanOf } from './scan.ts'
import { bootTimeOf, membersOf, type Result, removedApps, reportOf, resultsOf, scannedApps } from './sent.ts'

/** What the agent is told to do. */
interface AgentCommand {
  commandId: string
  type: string
  issuedAt: string
  payload?: object
}

export interface CheckInSources {
  db: Db
  checkins: Checkins
  desired: DesiredStates
  signer: UrlSigner
  publicUrl: () => string
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const uuidLength = 36
const installMark = 'install-'
const againMark = '-again'
const scanMark = 'scan-'
const urlMs = 2 * dayMs

/** Takes in what an agent says, and tells it what there is to do. */
export async function checkIn(sources: CheckInSources, device: VerifiedDevice, sent: unknown): Promise<AgentCommand[]> {
  const { db, checkins } = sources
  const body = membersOf(sent)
  const results = resultsOf(body.results)
  const bootAt = bootTimeOf(body)
  const report: Checkin = {
    ...reportOf(body),
    ...(bootAt && { bootId: await bootIdOf(db, device, bootAt) }),
    ...reportOfResults(results),
  }
  const said = readSent({ value: report, mayHoldBadText: false })
  const { notifications } = await checkins.accept(device, said, { isConnected: false, isRepeat: false })
  if (report.apps) await noteScan(db, device)
  const commands = await commandsOf(sources, device, notifications)
  const tried = new Set(results.map(({ commandId }) => commandId))
  return [...commands, ...(await installsOf(sources, device, { tried, removed: removedApps(body.events) }))]
}

/** The deployment that an installation was for. */
export const deploymentOf = (commandId: string): string | undefined => {
  if (!commandId.startsWith(installMark)) return undefined
  const deployment = commandId.slice(installMark.length, installMark.length + uuidLength)
  return uuid.test(deployment) ? deployment : undefined
}

/** What became of commands and deployments, and which apps were found. */
function reportOfResults(results: Result[]): Partial<Checkin> {
  const apps = results
    .filter(({ commandId, status }) => commandId.startsWith(scanMark) && status === 'done')
    .map(({ detail }) => scannedApps(detail))
    .findLast((found) => found !== undefined)
  const outcomes = results.flatMap(({ commandId, status, detail }) => {
    const deployment = deploymentOf(commandId)
    return deployment !== undefined && isFailure(status)
      ? [{ deployment, state: 'failed' as const, reason: (detail || status).slice(0, 500) }]
      : []
  })
  const own = results.filter(({ commandId }) => uuid.test(commandId))
  const notificationStates = own.map(
    ({ commandId: id, status, detail }): NotificationOutcome =>
      isFailure(status)
        ? { id, state: 'failed', reason: (detail || status).slice(0, 200) }
        : { id, state: 'acknowledged' },
  )
  return {
    ...(apps && { apps }),
    ...(outcomes.length > 0 && { outcomes }),
    ...(notificationStates.length > 0 && { notificationStates }),
    // All that a device may be told and say that it has done is a look for what is new, or more.
    ...(own.some(({ status }) => status === 'done') && { updateCheckedAt: new Date().toISOString() }),
  }
}

const isFailure = (status: string) => status === 'failed' || status === 'unsupported' || status === 'expired'

const types: Partial<Record<Command['type'], string>> = {
  refresh: 'config.sync',
  check: 'config.sync',
  reboot: 'device.reboot',
  wipe: 'device.wipe',
  refurbish: 'device.wipe',
}

/**
 * The agent remembers what it has done for as long as it runs: a reboot is handed over once, whatever becomes of the answer. A device
 * that still has its secret has not been wiped, so that is told until it is.
 */
async function commandsOf(
  { db, checkins }: CheckInSources,
  device: VerifiedDevice,
  notifications: Command[],
): Promise<AgentCommand[]> {
  const reboots = await takeReboots(
    db,
    device,
    notifications.filter(({ type }) => type === 'reboot').map(({ id }) => id),
  )
  const leaving = notifications.filter(({ type }) => type === 'refurbish')
  if (leaving.length > 0) {
    await bidFarewell(db, device)
    await checkins.report(
      device,
      leaving.map(({ id }) => ({ id, state: 'acknowledged' })),
    )
  }
  return notifications.flatMap(({ id, type: asked, createdAt }) => {
    const type = types[asked]
    if (type === undefined || (asked === 'reboot' && !reboots.has(id))) return []
    return [{ commandId: id, type, issuedAt: createdAt }]
  })
}

/** @returns those that have not been handed over before. */
async function takeReboots(db: Db, { accountId }: VerifiedDevice, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await db.query<{ id: string }>(sql`
    UPDATE notification AS n SET state = 'acknowledged', acknowledged_at = now(), changed_by = ${who}
    WHERE account_id = ${accountId} AND id = ANY (${ids}::uuid[]) AND state = 'sent' RETURNING id`)
  return new Set(rows.map(({ id }) => id))
}

/** For a device that was refurbished and has not reset itself: that is all that it is told. */
export const farewellCommands = (): AgentCommand[] => [
  { commandId: `wipe-${randomUUID()}`, type: 'device.wipe', issuedAt: new Date().toISOString() },
]

/**
 * Apps that the device has not got yet, and a look at what it has: behind them, for commands are carried out in order. The agent
 * carries out a command of one id once: what it has not got after that is tried once more under another id, for a download may have
 * been cut off. An app that somebody has removed is told under an id of that removal, which is the same if the answer is lost.
 */
async function installsOf(
  { db, desired, signer, publicUrl }: CheckInSources,
  { accountId, id }: VerifiedDevice,
  { tried, removed }: { tried: ReadonlySet<string>; removed: ReadonlyMap<string, number> },
): Promise<AgentCommand[]> {
  const { rows } = await db.query<{ revision: string | null; apps: string; isUpToDate: boolean; scan: Scan }>(sql`
    SELECT desired AS revision, apps, apps_updated AS "isUpToDate", ${scanOf(sql`d`)} AS scan
    FROM device AS d WHERE account_id = ${accountId} AND id = ${id}`)
  const [row] = rows
  if (!row || (row.scan === 'fresh' && row.isUpToDate && removed.size === 0)) return []
  const wanted = { accountId, revision: row.revision }
  const { apps } = insideWindows((await desired(db, [wanted]))(wanted), Date.now())
  const kept = row.scan === 'none' ? [] : appsIn(row.apps).filter(({ name }) => !removed.has(name))
  const has = new Set(kept.map(({ name, version }) => `${name} ${version}`))
  const expiresAt = new Date(Date.now() + urlMs)
  const issuedAt = new Date().toISOString()
  const installs = apps
    .filter(({ name, version }) => !has.has(`${name} ${version}`))
    .map(({ name, version, sha256, deployment }) => ({
      commandId: installId(deployment, removed.get(name), tried),
      ...{ type: 'app.install', issuedAt },
      payload: {
        url: publicUrl() + signFile(signer, sha256, `${name}-${version}-${deployment}.apk`, expiresAt),
        packageName: name,
        versionCode: Number(version),
        sha256,
        runAfterInstall: false,
      },
    }))
  return [...installs, { commandId: `${scanMark}${randomUUID()}`, type: 'apps.scan', issuedAt }]
}

function installId(deployment: string, removedAt: number | undefined, tried: ReadonlySet<string>): string {
  const id = installMark + deployment
  if (removedAt !== undefined) return `${id}-${removedAt}`
  return tried.has(id) ? id + againMark : id
}

/** The apps of a device as they are kept. */
const appsIn = (kept: string): NonNullable<Checkin['apps']> =>
  kept === '' ? [] : (JSON.parse(`{${kept.slice(1)}}`) as { apps: NonNullable<Checkin['apps']> }).apps
