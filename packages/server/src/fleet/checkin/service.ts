import type { CheckinAnswer } from '@mason/contract/checkin'
import type { DesiredState } from '@mason/contract/deployment'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import type { XrayCall } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import { coalescer } from '../../core/coalescer.ts'
import type { Db } from '../../core/db/database.ts'
import { isLasting, isLockTimeout } from '../../core/db/lasting.ts'
import { AppError, type Fault } from '../../core/errors.ts'
import { recordOfDevices } from '../../core/event/record.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Traffic } from '../../core/jobs/traffic.ts'
import { overloaded, patienceMs } from '../../core/overloaded.ts'
import { type DesiredStates, insideWindows } from '../../software/deployment/desired.ts'
import { applyDeploymentOutcomes } from '../../software/deployment/outcome.ts'
import { raiseConflict } from '../device/conflict.ts'
import { deprovision } from '../device/deprovision.ts'
import { countDeviceUsage } from '../device-usage/count.ts'
import type { Commands } from '../notification/delivery.ts'
import { handOut } from '../notification/hand-out.ts'
import { findWithdrawn } from '../notification/held.ts'
import { applyOutcomes, beginObserving } from '../notification/outcome.ts'
import type { WakeUps } from '../wake-ups.ts'
import { type Arrival, type Message, readAll } from './arrival.ts'
import { insertLocations } from './locations.ts'
import { ignoredOf, keepReportFaults } from './report-faults.ts'
import type { SentReport } from './sent-report.ts'
import { type Written, type WrittenPlain, writePlainReports, writeReports } from './write-reports.ts'

interface Reception {
  isWritten: boolean
  commands: Command[]
  /** What it is to have; absent when it knows that, or said nothing of itself. */
  desired?: DesiredState
  faults: Fault[]
  /** Commands that it holds and must not carry out. */
  withdrawn?: string[]
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
  wakeUps: WakeUps
  metrics: Pick<Metrics, 'checkins' | 'watchQueue'>
  traffic: Traffic
  checkinSeconds: number
  desired: DesiredStates
  /** Who waits for a device over X-Ray. */
  callsFor(deviceId: string): XrayCall[]
}

/** Check-ins of many devices go into one transaction; each is answered when it is committed. */
export function checkins({ db, wakeUps, metrics, traffic, checkinSeconds, desired, callsFor }: Options): Checkins {
  const write = coalescer<Arrival, Reception>({
    runAhead: (arrivals) => writePlain(db, desired, arrivals),
    run: (arrivals) => db.transaction((tx) => writeBatch(tx, wakeUps, desired, arrivals), { lockTimeoutMs }),
    nameOf: ({ device }) => device.id,
    maxBatch,
    lanes: 4,
    bound: { maxWaiting, patienceMs, overloaded: tooMany },
    isOfOne: (error) => error instanceof AppError || isLasting(error),
    locks: { isHeldUp: isLockTimeout, findHeldUp: (arrivals) => findHeldUp(db, arrivals) },
  })
  metrics.watchQueue('checkins', () => write.waiting)
  traffic.watch(() => write.latenessMs)
  return {
    accept: async (device, report, { isConnected, isRepeat }) => {
      const reception = await write({ device, said: report, isAnswered: !isConnected, isRepeat })
      const { isWritten, commands, desired, faults, withdrawn } = reception
      if (!isWritten) throw new AppError('authentication_error', 'The device credential is unknown or was replaced')
      metrics.checkins.inc()
      const calls = isConnected ? [] : callsFor(device.id)
      return {
        notifications: commands,
        checkinSeconds,
        ...(withdrawn && { withdrawn }),
        ...(desired && { deployments: desired }),
        ...(calls.length > 0 && { xray: calls }),
        ...(faults.length > 0 && { ignored: ignoredOf(faults) }),
      }
    },
    report: async (device, outcomes) => {
      await write({ device, said: { outcomes }, isAnswered: false, isRepeat: false })
    },
  }
}

/** Twice what a change of many devices holds its locks for; who meets a longer lock waits for it apart. */
const lockTimeoutMs = 100
/** All of a batch are answered when the last of them is written. */
const maxBatch = 100
/** A second of work, all that comes of it included. */
const maxWaiting = 5_000
const tooMany = () => overloaded('More reports are arriving than can be written: send it again later')

/** The arrivals of devices of which somebody else has locked a row. */
async function findHeldUp(db: Db, arrivals: Arrival[]): Promise<Set<Arrival>> {
  const look = (tx: Db) =>
    tx.query<{ id: string }>(sql`
    SELECT d.id FROM device AS d
    JOIN unnest(${arrivals.map(({ device }) => device.accountId)}::uuid[], ${arrivals.map(({ device }) => device.id)}::uuid[])
      AS t (account_id, id) ON d.account_id = t.account_id AND d.id = t.id
    JOIN heartbeat AS h ON h.account_id = d.account_id AND h.device_id = d.id
    FOR NO KEY UPDATE OF d, h SKIP LOCKED`)
  const { rows } = await db.transaction(look, { lockTimeoutMs })
  const free = new Set(rows.map(({ id }) => id))
  return new Set(arrivals.filter(({ device }) => !free.has(device.id)))
}

/**
 * Takes in, in one round trip, what is only to be written, and in one more what has commands.
 *
 * @returns nothing of what needs more: a transaction takes it in.
 */
async function writePlain(db: Db, desired: DesiredStates, arrivals: Arrival[]): Promise<(Reception | undefined)[]> {
  const messages = await readAll(db, arrivals.filter(isPlain))
  const reports = messages.flatMap(({ device, report }) => (report && !report.mobileUsage ? [{ device, report }] : []))
  if (reports.length === 0) return []
  const written = await writePlainReports(db, reports)
  // What is held up by a lock takes the other way, where it holds up nothing else; written twice it comes to the same.
  const commands = await handOutTo(db, messages, written).catch(() => undefined)
  const desiredOf = await desired(db, [...written.values()].map(toWanted))
  const receptions = new Map(
    messages.map((message) => [message.device.id, receptionOf(message, written, desiredOf, commands)]),
  )
  const isDone = (row: WrittenPlain | undefined) => row !== undefined && (commands !== undefined || !row.has_open)
  return arrivals.map(({ device }) => (isDone(written.get(device.id)) ? receptions.get(device.id) : undefined))
}

/** Ends what the reports show to be done, and hands the devices that look for commands the next ones. */
function handOutTo(
  db: Db,
  messages: Message[],
  written: Map<string, WrittenPlain>,
  gone: readonly { id: string }[] = [],
): Promise<Commands> {
  const asking = messages.filter(({ device }) => written.get(device.id)?.has_open)
  const isGone = new Set(gone.map(({ id }) => id))
  return handOut(
    db,
    asking.map(({ device: { accountId, id }, isRepeat, isAnswered }) => ({
      accountId,
      id,
      isProof: !isRepeat,
      isAnswered: isAnswered && !isGone.has(id),
    })),
    lockTimeoutMs,
  )
}

/** Whether nothing but the state of the device is said. */
const isPlain = ({ said }: Arrival) =>
  'report' in said &&
  said.report !== undefined &&
  !said.report.location &&
  !said.report.outcomes?.length &&
  !said.report.notificationStates?.length &&
  !said.report.heldNotifications?.length

async function writeBatch(tx: Db, wakeUps: WakeUps, desired: DesiredStates, arrivals: Arrival[]): Promise<Reception[]> {
  const messages = await readAll(tx, arrivals)
  const reports = messages.flatMap(({ device, report, isRepeat }) => (report ? [{ device, report, isRepeat }] : []))
  const updated = await writeReports(tx, reports)
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

  const toReconcile = [...updated.values()].filter(({ needs_reconcile: needsReconcile }) => needsReconcile)
  if (toReconcile.length > 0)
    await tx.query(
      sql`SELECT reconcile(${toReconcile.map((row) => row.account_id)}::uuid[], ${toReconcile.map(({ id }) => id)}::uuid[])`,
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
  const commands = await handOutTo(tx, said, updated, refurbished)
  const withdrawn = await findWithdrawn(
    tx,
    said.flatMap(({ device: { accountId, id: deviceId }, held }) => held.map((id) => ({ accountId, deviceId, id }))),
  )
  for (const { accountId, id } of refurbished) await deprovision(tx, wakeUps, { kind: 'device', accountId, id }, id)
  const desiredOf = await desired(tx, [...updated.values()].map(toWanted))
  return messages.map((message) => {
    const ids = withdrawn.get(message.device.id)
    return { ...receptionOf(message, updated, desiredOf, commands), ...(ids && { withdrawn: ids }) }
  })
}

const toWanted = ({ account_id: accountId, desired: revision }: WrittenPlain) => ({ accountId, revision })

function receptionOf(
  { device, faults, knownRevision = 'none' }: Message,
  written: Map<string, WrittenPlain>,
  desiredOf: Awaited<ReturnType<DesiredStates>>,
  commands: Commands = new Map(),
): Reception {
  const row = written.get(device.id)
  const whole = row && desiredOf(toWanted(row))
  const isNew = whole && whole.revision !== knownRevision
  const assigned = isNew && !row.keeps_windows ? insideWindows(whole, Date.now()) : whole
  return {
    isWritten: row !== undefined,
    commands: commands.get(device.id) ?? [],
    // A device that never spoke of deployments is not told that there are none.
    ...(assigned && assigned.revision !== knownRevision && { desired: assigned }),
    faults,
  }
}

/** Sees to devices that report for the first time, and to those that look like two. */
async function noteIdentities(tx: Db, rows: Written[]): Promise<void> {
  const first = rows.filter(({ is_first: isFirst }) => isFirst)
  if (first.length > 0) await beginObserving(tx, first)
  const conflicting = rows.filter(({ is_conflicting: isConflicting }) => isConflicting)
  if (conflicting.length > 0) await raiseConflict(tx, conflicting)
}
