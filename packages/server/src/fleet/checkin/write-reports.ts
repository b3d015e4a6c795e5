import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import type { ReportColumns } from './report.ts'

export interface Report {
  device: VerifiedDevice
  report: ReportColumns
}

/** A device whose report was written. */
export interface WrittenPlain {
  account_id: string
  id: string
  desired: string | null
  /** Whether it has commands that are not final and do not wait for their time. */
  has_open: boolean
  /** Whether it reports its time zone, and so keeps to windows by itself. */
  keeps_windows: boolean
}

/** The same, and what follows from the report. */
export interface Written extends WrittenPlain {
  is_back: boolean
  needs_reconcile: boolean
  has_faults: boolean
  is_first: boolean
  is_conflicting: boolean
}

/** @returns the devices whose credential still held. */
export async function writeReports(tx: Db, reports: Report[]): Promise<Map<string, Written>> {
  if (reports.length === 0) return new Map()
  const { rows } = await tx.query<Written>({ name: 'checkin', text: all, values: valuesOf(reports) })
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Writes, in one round trip, those of the reports from which nothing else follows, but for commands: no event, no comparison with
 * deployments.
 *
 * @returns the devices whose reports were written.
 */
export async function writePlainReports(db: Db, reports: Report[]): Promise<Map<string, WrittenPlain>> {
  const { rows } = await db.query<WrittenPlain>({ name: 'plain-checkin', text: plain, values: valuesOf(reports) })
  return new Map(rows.map((row) => [row.id, row]))
}

/** How long a plain report may wait for a lock; then all of its batch are written the other way. */
const lockTimeout = '100ms'

const reports = `
  unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], string_to_array($6, E'\\n', E'\\x01'),
         string_to_array($7, E'\\n', E'\\x01'), string_to_array($8, E'\\n', E'\\x01'), $9::text[],
         string_to_array($10, E'\\n', E'\\x01'), $11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::text[])
    AS r (account_id, id, secret_hash, boot_id, imei, battery, apps, os, os_release, connection, iccids,
          update_checked_at, reset_at, timezone, xray)`

// What the columns of `device` are after a report.
const bootId = 'coalesce(r.boot_id, d.boot_id)'
const imei = "CASE r.imei WHEN '' THEN d.enrolled_imei ELSE coalesce(r.imei, d.imei) END"
const apps = 'coalesce(r.apps, d.apps)'
const os = 'coalesce(r.os, d.os)'
const osRelease = "CASE r.os_release WHEN '' THEN NULL ELSE coalesce(r.os_release, d.os_release) END"
const iccids = "CASE r.iccids WHEN '' THEN NULL ELSE coalesce(r.iccids::text[], d.iccids) END"
const xray = "CASE r.xray WHEN '' THEN NULL ELSE coalesce(r.xray::text[], d.xray) END"
const updateCheckedAt = 'coalesce(r.update_checked_at, d.update_checked_at)'
const resetAt = 'coalesce(r.reset_at, d.reset_at)'
const timezone = "CASE r.timezone WHEN '' THEN NULL ELSE coalesce(r.timezone, d.timezone) END"

/** What a plain report may change, and which of it is compared with deployments. */
const plainly = `
  apps = ${apps}, os = ${os}, os_release = ${osRelease}, iccids = ${iccids},
  update_checked_at = ${updateCheckedAt}, reset_at = ${resetAt}, timezone = ${timezone}, xray = ${xray}`
const hasOtherInstalled = `
  (${apps} <> d.apps OR ${os} <> d.os OR ${osRelease} IS DISTINCT FROM d.os_release)`
const isOtherDevice = `(${bootId} IS DISTINCT FROM d.boot_id OR ${imei} IS DISTINCT FROM d.imei)`
const hasOther = `
  (${hasOtherInstalled} OR ${iccids} IS DISTINCT FROM d.iccids
   OR ${updateCheckedAt} IS DISTINCT FROM d.update_checked_at OR ${resetAt} IS DISTINCT FROM d.reset_at
   OR ${timezone} IS DISTINCT FROM d.timezone OR ${xray} IS DISTINCT FROM d.xray)`

// As an EXISTS, it could be answered by reading all that is open.
const hasOpen = `
  (SELECT true FROM notification AS n WHERE n.account_id = d.account_id AND n.device_id = d.id
   AND n.state IN ('queued', 'sent', 'acknowledged') AND n.wakes_at IS NULL LIMIT 1) IS TRUE`

/** The heartbeat of each report, once the document of its device is written where it has changed. */
const beat = (report: string) => `
  UPDATE heartbeat AS h SET
    last_checkin = now(), last_checkin_text = (SELECT iso_time(now())), online = true, silent_since = NULL,
    battery = coalesce(r.battery, h.battery), connection = coalesce(r.connection, h.connection)
  FROM ${report} AS r LEFT JOIN written AS w ON w.account_id = r.account_id AND w.id = r.id
  WHERE h.account_id = r.account_id AND h.device_id = r.id AND (w.id IS NOT NULL OR NOT r.is_changed)`

/** Whoever changes whether a device is online writes its heartbeat: while it is not silent, it is online. */
const plain = `
  WITH plain AS MATERIALIZED (
    SELECT r.*, d.desired, ${hasOther} AS is_changed, ${hasOpen} AS has_open, ${timezone} IS NOT NULL AS keeps_windows
    FROM ${reports}
    JOIN device AS d ON d.account_id = r.account_id AND d.id = r.id AND d.secret_hash = r.secret_hash
    JOIN heartbeat AS h ON h.account_id = d.account_id AND h.device_id = d.id
    WHERE (SELECT set_config('lock_timeout', '${lockTimeout}', true)) IS NOT NULL AND h.silent_since IS NULL
      AND d.is_settled AND d.has_reported AND d.report_faults IS NULL
      AND NOT ${isOtherDevice} AND (d.desired IS NULL OR NOT ${hasOtherInstalled})),
  written AS (
    UPDATE device AS d SET ${plainly}
    FROM plain AS r
    WHERE r.is_changed AND d.account_id = r.account_id AND d.id = r.id AND d.secret_hash = r.secret_hash
      AND NOT ${isOtherDevice} AND (d.desired IS NULL OR NOT ${hasOtherInstalled})
    RETURNING d.account_id, d.id)
  ${beat('plain')} AND h.silent_since IS NULL
  RETURNING h.account_id, h.device_id AS id, r.desired, r.has_open, r.keeps_windows`

const all = `
  WITH report AS MATERIALIZED (
    SELECT r.*, d.online AS was_online, NOT d.online OR ${isOtherDevice} OR ${hasOther} AS is_changed,
           d.desired, d.is_settled, d.report_faults IS NOT NULL AS has_faults, NOT d.has_reported AS is_first,
           ${hasOpen} AS has_open, ${timezone} IS NOT NULL AS keeps_windows
    FROM ${reports}
    JOIN device AS d ON d.account_id = r.account_id AND d.id = r.id AND d.secret_hash = r.secret_hash
    FOR NO KEY UPDATE OF d),
  written AS (
    UPDATE device AS d SET
      boot_id = ${bootId}, imei = ${imei}, ${plainly}, online = true,
      past_boots = CASE WHEN r.boot_id <> d.boot_id THEN (ARRAY[d.boot_id] || d.past_boots)[1:8] ELSE d.past_boots END,
      past_imeis = CASE WHEN r.imei <> d.imei AND r.imei <> '' THEN (ARRAY[d.imei] || d.past_imeis)[1:8] ELSE d.past_imeis END,
      enrolled_imei = CASE WHEN r.imei <> '' AND r.imei <> d.enrolled_imei THEN NULL ELSE d.enrolled_imei END,
      is_settled = d.desired IS NULL OR (d.is_settled AND NOT ${hasOtherInstalled})
    FROM report AS r WHERE r.is_changed AND d.account_id = r.account_id AND d.id = r.id
    RETURNING d.account_id, d.id, d.is_settled,
      NOT d.has_conflict AND coalesce(d.boot_id = ANY (d.past_boots) OR d.imei = ANY (d.past_imeis), false) AS is_conflicting)
  ${beat('report')}
  RETURNING h.account_id, h.device_id AS id, NOT r.was_online AS is_back, r.desired,
    NOT coalesce(w.is_settled, r.is_settled) AS needs_reconcile, r.has_faults, r.is_first,
    coalesce(w.is_conflicting, false) AS is_conflicting, r.has_open, r.keeps_windows`

function valuesOf(reports: Report[]): unknown[] {
  // JSON text holds no raw control character, so documents can be joined by one: quoting them for an array costs three times
  // as much as everything else in this function. The last break makes one element more, which matches no device; without
  // it a single empty document would be no element at all.
  const documents = (read: (report: ReportColumns) => string | null) =>
    reports.map(({ report }) => `${read(report) ?? '\x01'}\n`).join('')
  const column = <T>(read: (report: ReportColumns) => T) => reports.map(({ report }) => read(report))
  return [
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
    column((report) => report.timezone),
    column((report) => report.xray),
  ]
}
