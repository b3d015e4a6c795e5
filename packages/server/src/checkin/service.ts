import type { CheckinAnswer } from '@mason/contract/checkin'
import type { DesiredState } from '@mason/contract/deployment'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { isLasting } from '../db/lasting.ts'
import type { DesiredStates } from '../deployment/desired.ts'
import { applyDeploymentOutcomes } from '../deployment/outcome.ts'
import { raiseConflict } from '../device/conflict.ts'
import { deprovision } from '../device/deprovision.ts'
import { countDeviceUsage } from '../device-usage/count.ts'
import { AppError, type Fault } from '../errors.ts'
import { recordOfDevices } from '../event/record.ts'
import type { Metrics } from '../http/metrics.ts'
import { byDevice, sendTo } from '../notification/delivery.ts'
import { applyOutcomes, beginObserving, observeEffects } from '../notification/outcome.ts'
import type { Nudge } from '../nudge.ts'
import { type Arrival, readAll } from './arrival.ts'
import { coalescer } from './coalescer.ts'
import type { VerifiedDevice } from './credentials.ts'
import { insertLocations } from './locations.ts'
import type { ReportColumns } from './report.ts'
import { ignoredOf, keepReportFaults } from './report-faults.ts'
import type { SentReport } from './sent-report.ts'

interface Reception {
  isWritten: boolean
  commands: Command[]
  /** What it is to have; absent when it knows that, or said nothing of itself. */
  desired?: DesiredState
  faults: Fault[]
}

/** Reports by HTTP and by MQTT: both transports come here. */
export interface Checkins {
  /** Takes a report in; resolves once it is committed. A device that is connected gets its commands there. */
  accept(
    device: VerifiedDevice,
    report: SentReport,
    transport: { isConnected: boolean; isRepeat: boolean },
  ): Promise<CheckinAnswer>
  /** Takes in what became of notifications; resolves once it is committed. */
  report(device: VerifiedDevice, outcomes: NotificationOutcome[]): Promise<void>
}

interface Options {
  db: Db
  nudge: Nudge
  metrics: Pick<Metrics, 'checkins'>
  checkinSeconds: number
  desired: DesiredStates
}

/** Check-ins of many devices go into one transaction; each is answered when it is committed. */
export function checkins({ db, nudge, metrics, checkinSeconds, desired }: Options): Checkins {
  const write = coalescer<Arrival, Reception>({
    run: (arrivals) => db.transaction((tx) => writeBatch(tx, nudge, desired, arrivals)),
    nameOf: ({ device }) => device.id,
    maxBatch: 500,
    lanes: 2,
    isOfOne: (error) => error instanceof AppError || isLasting(error),
  })
  return {
    accept: async (device, report, { isConnected, isRepeat }) => {
      const reception = await write({ device, said: report, isAnswered: !isConnected, isRepeat })
      const { isWritten, commands, desired, faults } = reception
      if (!isWritten) throw new AppError('authentication_error', 'The device credential is unknown or was replaced')
      metrics.checkins.inc()
      return {
        notifications: commands,
        checkinSeconds,
        ...(desired && { deployments: desired }),
        ...(faults.length > 0 && { ignored: ignoredOf(faults) }),
      }
    },
    report: async (device, outcomes) => {
      await write({ device, said: { outcomes }, isAnswered: false, isRepeat: false })
    },
  }
}

async function writeBatch(tx: Db, nudge: Nudge, desired: DesiredStates, arrivals: Arrival[]): Promise<Reception[]> {
  const messages = await readAll(tx, arrivals)
  const reports = messages.flatMap(({ device, report, isRepeat }) => (report ? [{ device, report, isRepeat }] : []))
  const updated = await update(tx, reports)
  await recordOfDevices(
    tx,
    'online',
    [...updated.values()].filter(({ is_back: isBack }) => isBack),
  )
  await noteIdentities(tx, [...updated.values()])
  await keepReportFaults(
    tx,
    messages.flatMap(({ device: { accountId, id }, sent, isPartial, faults }) => {
      const row = updated.get(id)
      return row && (row.has_faults || faults.length > 0) ? [{ accountId, id, sent, isPartial, faults }] : []
    }),
  )
  await insertLocations(
    tx,
    reports.flatMap(({ device: { accountId, id }, report: { location }, isRepeat }) =>
      location && updated.has(id) ? [{ accountId, deviceId: id, location, isRepeat }] : [],
    ),
  )
  await countDeviceUsage(
    tx,
    reports.flatMap(({ device: { accountId, id }, report: { mobileUsage: usage } }) =>
      usage && updated.has(id) ? [{ accountId, deviceId: id, usage }] : [],
    ),
  )

  const unsettled = [...updated.values()].filter(({ is_unsettled: isUnsettled }) => isUnsettled)
  if (unsettled.length > 0)
    await tx.query(
      sql`SELECT settle(${unsettled.map((row) => row.account_id)}::uuid[], ${unsettled.map(({ id }) => id)}::uuid[])`,
    )
  const said = messages.filter(({ device, report }) => report === undefined || updated.has(device.id))
  const reporters = said.map(({ device, outcomes }) => ({ accountId: device.accountId, id: device.id, outcomes }))
  const refurbished = await applyOutcomes(tx, reporters)
  await applyDeploymentOutcomes(
    tx,
    said.map(({ device, deploymentOutcomes }) => ({
      accountId: device.accountId,
      id: device.id,
      outcomes: deploymentOutcomes,
    })),
  )
  const waiting = said.filter(({ device }) => updated.get(device.id)?.has_open)
  const observed = waiting.filter(({ isRepeat }) => !isRepeat).map(({ device }) => device)
  if (observed.length > 0) await observeEffects(tx, observed)
  for (const { accountId, id } of refurbished) await deprovision(tx, nudge, { kind: 'device', accountId, id }, id)
  const asking = waiting.filter(({ isAnswered }) => isAnswered).map(({ device }) => device)
  const commands = byDevice(asking.length > 0 ? await sendTo(tx, asking, null) : [])
  const wanted = [...updated.values()].map((row) => ({ accountId: row.account_id, revision: row.desired }))
  const desiredOf = await desired(tx, wanted)
  return messages.map(({ device, faults, knownRevision = 'none' }) => {
    const row = updated.get(device.id)
    const wish = row && desiredOf({ accountId: row.account_id, revision: row.desired })
    return {
      isWritten: row !== undefined,
      commands: commands.get(device.id) ?? [],
      // A device that never spoke of deployments is not told that there are none.
      ...(wish && wish.revision !== knownRevision && { desired: wish }),
      faults,
    }
  })
}

const statement = `
  UPDATE device AS d SET
    boot_id = coalesce(r.boot_id, d.boot_id),
    past_boots = CASE WHEN r.boot_id <> d.boot_id THEN (ARRAY[d.boot_id] || d.past_boots)[1:8] ELSE d.past_boots END,
    imei = CASE r.imei WHEN '' THEN d.enrolled_imei ELSE coalesce(r.imei, d.imei) END,
    past_imeis = CASE WHEN r.imei <> d.imei AND r.imei <> '' THEN (ARRAY[d.imei] || d.past_imeis)[1:8] ELSE d.past_imeis END,
    enrolled_imei = CASE WHEN r.imei <> '' AND r.imei <> d.enrolled_imei THEN NULL ELSE d.enrolled_imei END,
    battery = coalesce(r.battery, d.battery),
    apps = coalesce(r.apps, d.apps),
    os = coalesce(r.os, d.os),
    os_release = CASE r.os_release WHEN '' THEN NULL ELSE coalesce(r.os_release, d.os_release) END,
    connection = coalesce(r.connection, d.connection),
    iccids = CASE r.iccids WHEN '' THEN NULL ELSE coalesce(r.iccids::text[], d.iccids) END,
    update_checked_at = coalesce(r.update_checked_at, d.update_checked_at),
    reset_at = coalesce(r.reset_at, d.reset_at),
    is_settled = d.desired IS NULL OR (d.is_settled AND coalesce(r.apps = d.apps, true) AND coalesce(r.os = d.os, true)),
    last_checkin = now(),
    last_checkin_text = (SELECT iso_time(now())),
    online = true,
    online_since = CASE WHEN d.online THEN d.online_since ELSE now() END
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], string_to_array($6, E'\\n', E'\\x01'),
              string_to_array($7, E'\\n', E'\\x01'), string_to_array($8, E'\\n', E'\\x01'), $9::text[],
              string_to_array($10, E'\\n', E'\\x01'), $11::text[], $12::timestamptz[], $13::timestamptz[])
    AS r (account_id, id, secret_hash, boot_id, imei, battery, apps, os, os_release, connection, iccids,
          update_checked_at, reset_at)
  WHERE d.account_id = r.account_id AND d.id = r.id AND d.secret_hash = r.secret_hash
  RETURNING d.account_id, d.id, d.online_since = now() AS is_back, d.desired, NOT d.is_settled AS is_unsettled,
    d.report_faults IS NOT NULL AS has_faults, NOT d.has_reported AS is_first,
    NOT d.has_conflict AND coalesce(d.boot_id = ANY (d.past_boots) OR d.imei = ANY (d.past_imeis), false) AS is_conflicting,
    EXISTS (SELECT FROM notification AS n WHERE n.account_id = d.account_id AND n.device_id = d.id
            AND n.state IN ('queued', 'sent', 'acknowledged')) AS has_open`

interface Updated {
  account_id: string
  id: string
  is_back: boolean
  desired: string | null
  is_unsettled: boolean
  has_faults: boolean
  is_first: boolean
  is_conflicting: boolean
  has_open: boolean
}

interface Report {
  device: VerifiedDevice
  report: ReportColumns
}

/** @returns the devices whose credential still held. */
async function update(tx: Db, reports: Report[]): Promise<Map<string, Updated>> {
  if (reports.length === 0) return new Map()
  // JSON text holds no raw control character, so documents can be joined by one: quoting them for an array costs three times
  // as much as everything else in this function. The last break makes one element more, which matches no device; without
  // it a single empty document would be no element at all.
  const documents = (read: (report: ReportColumns) => string | null) =>
    reports.map(({ report }) => `${read(report) ?? '\x01'}\n`).join('')
  const column = <T>(read: (report: ReportColumns) => T) => reports.map(({ report }) => read(report))
  const { rows } = await tx.query<Updated>({
    name: 'checkin',
    text: statement,
    values: [
      reports.map(({ device }) => device.accountId),
      reports.map(({ device }) => device.id),
      reports.map(({ device }) => device.secretHash),
      column((report) => report.bootId),
      column((report) => report.imei),
      documents((report) => report.battery),
      documents((report) => report.apps),
      documents((report) => report.os),
      column((report) => report.osRelease),
      documents((report) => report.connection),
      column((report) => report.iccids),
      column((report) => report.updateCheckedAt),
      column((report) => report.resetAt),
    ],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** Sees to devices that report for the first time, and to those that look like two. */
async function noteIdentities(tx: Db, rows: Updated[]): Promise<void> {
  const first = rows.filter(({ is_first: isFirst }) => isFirst)
  if (first.length > 0) await beginObserving(tx, first)
  const conflicting = rows.filter(({ is_conflicting: isConflicting }) => isConflicting)
  if (conflicting.length > 0) await raiseConflict(tx, conflicting)
}
