import type { Checkin } from '@mason/contract/checkin'
import type { Connection } from '@mason/contract/connection'
import type { LocationReport } from '@mason/contract/device'
import { readIccid } from '@mason/contract/identifiers'
import { toUtc } from '@mason/contract/time'
import { type MobileUsage, readMobileUsage } from '../device-usage/cycle.ts'

/**
 * A report as the columns that it sets. In each column null leaves what is stored, and the empty text removes it: a
 * whole report thus sets every column.
 */
export interface ReportColumns {
  bootId: string | null
  imei: string | null
  battery: string | null
  apps: string | null
  os: string | null
  connection: string | null
  osRelease: string | null
  /** A PostgreSQL array of the ICCIDs in `connection`. */
  iccids: string | null
  /** A PostgreSQL array of what it offers over X-Ray. */
  xray: string | null
  updateCheckedAt: string | null
  resetAt: string | null
  timezone: string | null
  location: LocationReport | undefined
  mobileUsage: MobileUsage | undefined
}

/**
 * @param isRepeat whether it was sent before, over MQTT: it may be older than what is known by now, so it is no proof of
 * another boot, reset or look for updates.
 */
export function toColumns(report: Checkin, isRepeat = false): ReportColumns {
  const left = report.partial === true ? null : ''
  const column = <T>(value: T | null | undefined, write: (value: T) => string) => {
    if (value === undefined) return left
    return value === null ? '' : write(value)
  }
  return {
    // A boot stays known: whether a reboot followed is judged by it.
    bootId: isRepeat ? null : (report.bootId ?? null),
    // A modem that is off says zeros: that is no other IMEI.
    imei: isRepeat || /^(\d)\1{14}$/.test(report.imei ?? '') ? null : column(report.imei, String),
    battery: column(report.battery, (battery) => member('battery', battery)),
    apps: column(report.apps, (apps) => member('apps', apps)),
    os: column(report.os, (os) => member('os', os)),
    osRelease: column(report.os, (os) => os.masonOS?.release ?? ''),
    connection: column(report.connection, (connection) => member('connection', asShown(connection))),
    iccids: column(report.connection, (connection) => `{${iccidsOf(connection).join(',')}}`),
    xray: column(report.xray, (offered) => (offered.length > 0 ? `{${[...new Set(offered)].sort().join(',')}}` : '')),
    // Times of events stay known: that a report says nothing of a reset does not undo it. In UTC, for PostgreSQL reads only
    // part of what RFC 3339 allows: no offset over 15:59, and only so many digits of a second.
    updateCheckedAt: report.updateCheckedAt === undefined || isRepeat ? null : toUtc(report.updateCheckedAt),
    resetAt: report.resetAt === undefined || isRepeat ? null : toUtc(report.resetAt),
    timezone: column(report.timezone, String),
    location: report.location ?? undefined,
    mobileUsage: report.connection?.dataUsage && readMobileUsage(report.connection),
  }
}

/** A member as it stands in the device's document. */
const member = (name: string, value: unknown) => `,"${name}":${JSON.stringify(value)}`

const iccidsOf = (connection: Connection) =>
  (connection.sim ?? []).flatMap(({ iccid }) => (iccid === undefined ? [] : (readIccid(iccid) ?? [])))

/** Usage cycles may come with any offset and are shown in UTC, ICCIDs with their filler and are shown without. */
function asShown(connection: Connection): Connection {
  const { dataUsage, sim } = connection
  if (!dataUsage && !sim) return connection
  return {
    ...connection,
    ...(sim && {
      sim: sim.map((one) => (one.iccid === undefined ? one : { ...one, iccid: readIccid(one.iccid) ?? one.iccid })),
    }),
    ...(dataUsage && { dataUsage: withUtcCycles(dataUsage) }),
  }
}

function withUtcCycles({ appsDataUsage, usageCycles }: DataUsage): DataUsage {
  const inUtc = (cycles: Cycles) =>
    cycles.map((cycle) => ({ ...cycle, startTime: toUtc(cycle.startTime), endTime: toUtc(cycle.endTime) }))
  return {
    ...(appsDataUsage && {
      appsDataUsage: appsDataUsage.map((app) => ({ ...app, usageCycles: inUtc(app.usageCycles) })),
    }),
    ...(usageCycles && { usageCycles: inUtc(usageCycles) }),
  }
}

type DataUsage = NonNullable<Connection['dataUsage']>
type Cycles = NonNullable<DataUsage['usageCycles']>
