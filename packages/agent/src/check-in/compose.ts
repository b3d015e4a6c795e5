import { isDeepStrictEqual } from 'node:util'
import type { Checkin } from '@mason/contract/checkin'
import type { Report } from './report.ts'

// The type makes this exactly the set of members that the contract lets be null.
const removable = {
  imei: null,
  battery: null,
  apps: null,
  os: null,
  connection: null,
  location: null,
  xray: null,
  timezone: null,
} satisfies {
  [M in keyof Checkin as null extends Checkin[M] ? M : never]-?: null
}

/**
 * Composes the check-in for a report: the whole report, or only the top-level members that changed if it is known what the
 * server holds. Source: docs/contract.md §6.
 *
 * @param known the report that the server certainly holds; undefined when that is unknown.
 */
export function composeCheckin(known: Report | undefined, report: Report): Checkin {
  if (!known) return report
  const gone = keysOf(known).filter((member) => known[member] !== undefined && report[member] === undefined)
  if (!gone.every((member) => member in removable)) return report

  const changed = Object.entries(report).filter(([name, value]) => {
    const before: unknown = known[name as keyof Report]
    // Reports share what did not change, and it is expensive to compare app lists member by member.
    return value !== before && !isDeepStrictEqual(value, before)
  })
  return { partial: true, ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((member) => [member, null])) }
}

const keysOf = (report: Report) => Object.keys(report) as (keyof Report)[]
