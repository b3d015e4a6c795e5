import sql, { empty, type Sql } from 'sql-template-tag'
import { simCondition } from '../../connectivity/sim/filter.ts'
import { AppError } from '../../core/errors.ts'
import { deviceCondition } from '../../fleet/device/filter.ts'

/**
 * The filter of a webhook as a condition on the events `seen` of an account, which begins with AND: those that concern a device that
 * matches or, where the filter can only be of SIMs, those about such a SIM. Others do not pass it.
 *
 * @throws AppError when it cannot be read.
 */
export function eventCondition(accountId: string, filter: string | null): Sql {
  if (filter === null) return empty
  const ofSims = readAsOfSims(filter)
  if (ofSims === undefined)
    return sql`AND EXISTS (
      SELECT FROM device WHERE device.account_id = ${accountId} AND device.id = seen.device_id AND ${deviceCondition(filter)})`
  return sql`AND seen.subject ->> 'kind' = 'sim' AND EXISTS (
    SELECT FROM sim WHERE sim.account_id = ${accountId} AND sim.iccid = seen.subject ->> 'id' AND ${ofSims})`
}

/** None where it can be read as one of devices, or not at all. */
function readAsOfSims(filter: string): Sql | undefined {
  if (isReadable(() => deviceCondition(filter))) return undefined
  return isReadable(() => simCondition(filter)) ? simCondition(filter) : undefined
}

function isReadable(read: () => Sql): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
