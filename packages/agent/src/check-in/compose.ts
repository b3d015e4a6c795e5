import { isDeepStrictEqual } from 'node:util'
import type { Checkin } from '@mason/contract/checkin'
import type { Report } from './report.ts'

// Tied to the contract from both sides: a member that may be null is here, and one that may not cannot be.
const removable = { imei: null, battery: null, apps: null, os: null, connection: null, location: null } satisfies {
  [M in keyof Checkin as null extends Checkin[M] ? M : never]-?: null
}

/**
 * Composes the check-in that tells a server about a report: the whole of it, or only the top-level members that changed
 * where it is known what the server holds. Source: contract §6.
 *
 * @param known what the server surely holds; undefined when that is not known.
 */
export function composeCheckin(known: Report | undefined, report: Report): Checkin {
  if (!known) return report
  const gone = keysOf(known).filter((member) => known[member] !== undefined && report[member] === undefined)
  if (!gone.every((member) => member in removable)) return report

  const changed = Object.entries(report).filter(([name, value]) => {
    const before: unknown = known[name as keyof Report]
    // Reports share what did not change, and comparing an app list member by member is what would cost.
    return value !== before && !isDeepStrictEqual(value, before)
  })
  return { partial: true, ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((member) => [member, null])) }
}

const keysOf = (report: Report) => Object.keys(report) as (keyof Report)[]
