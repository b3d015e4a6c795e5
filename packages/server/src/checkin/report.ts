import type { Checkin } from '@mason/contract/checkin'
import type { Connection, LocationReport } from '@mason/contract/device'
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
  updateCheckedAt: string | null
  resetAt: string | null
  location: LocationReport | undefined
  mobileUsage: MobileUsage | undefined
}

export function toColumns(report: Checkin): ReportColumns {
  const left = report.partial === true ? null : ''
  const column = <T>(value: T | null | undefined, write: (value: T) => string) =>
    value === undefined ? left : value === null ? '' : write(value)
  return {
    // A boot stays known: whether a reboot followed is judged by it.
    bootId: report.bootId ?? null,
    imei: column(report.imei, String),
    battery: column(report.battery, (battery) => member('battery', battery)),
    apps: column(report.apps, (apps) => member('apps', apps)),
    os: column(report.os, (os) => member('os', os)),
    osRelease: column(report.os, (os) => os.masonOS?.release ?? ''),
    connection: column(report.connection, (connection) => member('connection', withUtcCycles(connection))),
    iccids: column(report.connection, (connection) => `{${iccidsOf(connection).join(',')}}`),
    // Times of events stay known: that a report says nothing of a reset does not undo it. In UTC, for PostgreSQL reads only
    // part of what RFC 3339 allows: no offset over 15:59, and only so many digits of a second.
    updateCheckedAt: report.updateCheckedAt === undefined ? null : toUtc(report.updateCheckedAt),
    resetAt: report.resetAt === undefined ? null : toUtc(report.resetAt),
    location: report.location ?? undefined,
    mobileUsage: report.connection?.dataUsage && readMobileUsage(report.connection),
  }
}

/** A member as it stands in the device's document. */
const member = (name: string, value: unknown) => `,"${name}":${JSON.stringify(value)}`

const iccidsOf = (connection: Connection) =>
  (connection.sim ?? []).flatMap(({ iccid }) => (iccid === undefined ? [] : (readIccid(iccid) ?? [])))

/** Usage cycles may come with any offset and are shown in UTC. */
function withUtcCycles(connection: Connection): Connection {
  const { dataUsage } = connection
  if (!dataUsage) return connection
  const inUtc = (cycles: Cycles) =>
    cycles.map((cycle) => ({ ...cycle, startTime: toUtc(cycle.startTime), endTime: toUtc(cycle.endTime) }))
  return {
    ...connection,
    dataUsage: {
      ...(dataUsage.appsDataUsage && {
        appsDataUsage: dataUsage.appsDataUsage.map((app) => ({ ...app, usageCycles: inUtc(app.usageCycles) })),
      }),
      ...(dataUsage.usageCycles && { usageCycles: inUtc(dataUsage.usageCycles) }),
    },
  }
}

type Cycles = NonNullable<NonNullable<Connection['dataUsage']>['usageCycles']>
