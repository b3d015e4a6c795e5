import type { Checkin, CheckinAnswer } from '@mason/contract/checkin'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../http/metrics.ts'
import { coalescer } from './coalescer.ts'
import type { VerifiedDevice } from './credentials.ts'
import { type ReportColumns, toColumns } from './report.ts'

interface Arrival {
  device: VerifiedDevice
  report: ReportColumns
}

export interface Checkins {
  /** Takes a report in; resolves once it is committed. */
  accept(device: VerifiedDevice, report: Checkin): Promise<CheckinAnswer>
}

/** Check-ins of many devices go into one statement; each is answered when it is committed. */
export function checkins(db: Db, checkinSeconds: number, metrics: Pick<Metrics, 'checkins'>): Checkins {
  const write = coalescer<Arrival, boolean>({
    run: (arrivals) => writeBatch(db, arrivals),
    nameOf: ({ device }) => device.id,
    maxBatch: 500,
    lanes: 2,
  })
  return {
    accept: async (device, report) => {
      const isWritten = await write({ device, report: toColumns(report) })
      if (!isWritten) throw new AppError('authentication_error', 'The device credential is unknown or was replaced')
      metrics.checkins.inc()
      return { notifications: [], checkinSeconds }
    },
  }
}

/** @returns for each arrival whether its credential still held. */
async function writeBatch(db: Db, arrivals: Arrival[]): Promise<boolean[]> {
  const located = arrivals.filter(({ report }) => report.location)
  const updated =
    located.length === 0
      ? await update(db, arrivals)
      : await db.transaction(async (tx) => {
          const ids = await update(tx, arrivals)
          await insertLocations(
            tx,
            located.filter(({ device }) => ids.has(device.id)),
          )
          return ids
        })
  return arrivals.map(({ device }) => updated.has(device.id))
}

const statement = `
  UPDATE device AS d SET
    boot_id = CASE r.boot_id WHEN '' THEN NULL ELSE coalesce(r.boot_id, d.boot_id) END,
    imei = CASE r.imei WHEN '' THEN NULL ELSE coalesce(r.imei, d.imei) END,
    battery = CASE r.battery WHEN '' THEN NULL ELSE coalesce(r.battery, d.battery) END,
    apps = CASE r.apps WHEN '' THEN NULL ELSE coalesce(r.apps, d.apps) END,
    os = CASE r.os WHEN '' THEN NULL ELSE coalesce(r.os, d.os) END,
    os_release = CASE r.os_release WHEN '' THEN NULL ELSE coalesce(r.os_release, d.os_release) END,
    connection = CASE r.connection WHEN '' THEN NULL ELSE coalesce(r.connection, d.connection) END,
    iccids = CASE r.iccids WHEN '' THEN NULL ELSE coalesce(r.iccids::text[], d.iccids) END,
    update_checked_at = coalesce(r.update_checked_at, d.update_checked_at),
    reset_at = coalesce(r.reset_at, d.reset_at),
    last_checkin = now(),
    online = true
  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])
    AS r (account_id, id, secret_hash, boot_id, imei, battery, apps, os, os_release, connection, iccids,
          update_checked_at, reset_at)
  WHERE d.account_id = r.account_id AND d.id = r.id AND d.secret_hash = r.secret_hash
  RETURNING d.id`

async function update(db: Db, arrivals: Arrival[]): Promise<Set<string>> {
  const column = <T>(read: (report: ReportColumns) => T) => arrivals.map(({ report }) => read(report))
  const { rows } = await db.query<{ id: string }>({
    name: 'checkin',
    text: statement,
    values: [
      arrivals.map(({ device }) => device.accountId),
      arrivals.map(({ device }) => device.id),
      arrivals.map(({ device }) => device.secretHash),
      column((report) => report.bootId),
      column((report) => report.imei),
      column((report) => report.battery),
      column((report) => report.apps),
      column((report) => report.os),
      column((report) => report.osRelease),
      column((report) => report.connection),
      column((report) => report.iccids),
      column((report) => report.updateCheckedAt),
      column((report) => report.resetAt),
    ],
  })
  return new Set(rows.map((row) => row.id))
}

/** A location that was reported before is not a new one. */
async function insertLocations(tx: Db, arrivals: Arrival[]): Promise<void> {
  const column = <T>(read: (location: NonNullable<ReportColumns['location']>) => T) =>
    arrivals.map(({ report }) => (report.location ? read(report.location) : null))
  await tx.query(sql`
    INSERT INTO device_location (account_id, device_id, recorded_at, latitude, longitude, accuracy, altitude, provider)
    SELECT r.* FROM unnest(
      ${arrivals.map(({ device }) => device.accountId)}::uuid[], ${arrivals.map(({ device }) => device.id)}::uuid[],
      ${column(({ recordedAt }) => parseTime(recordedAt))}::timestamptz[], ${column(({ latitude }) => latitude)}::float8[],
      ${column(({ longitude }) => longitude)}::float8[], ${column(({ accuracy }) => accuracy ?? null)}::float8[],
      ${column(({ altitude }) => altitude ?? null)}::float8[], ${column(({ provider }) => provider ?? null)}::text[])
      AS r (account_id, device_id, recorded_at, latitude, longitude, accuracy, altitude, provider)
    WHERE NOT EXISTS (SELECT FROM device_location AS l WHERE l.account_id = r.account_id AND l.device_id = r.device_id
                      AND l.recorded_at = r.recorded_at)`)
}
