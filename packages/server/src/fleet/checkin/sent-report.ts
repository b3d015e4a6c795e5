import { Checkin } from '@mason/contract/checkin'
import { Outcome } from '@mason/contract/notification'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError, type Fault } from '../../core/errors.ts'
import { holdsBadText, type LenientJson } from '../../core/http/body.ts'
import { matcher } from '../../core/http/validation.ts'
import { isObject, salvage } from './salvage.ts'

/** A report as it was sent: one that satisfies the contract, or one of which some members have to be left out. */
export type SentReport = { sent: Record<string, unknown> } & (
  | { report: Checkin; isOdd: false }
  | { report: undefined; isOdd: true }
)

const isCheckin = matcher(Checkin)

/** @throws AppError where it is no JSON object; nothing else refuses a report. */
export function readSent(body: LenientJson | undefined): SentReport {
  if (!body) throw new AppError('invalid_request_error', 'A JSON body is required')
  const { value, mayHoldBadText } = body
  if (isCheckin(value) && !(mayHoldBadText && holdsBadText(value)))
    return { sent: value as Record<string, unknown>, report: value, isOdd: false }
  if (!isObject(value)) throw new AppError('invalid_request_error', 'A report must be a JSON object')
  return { sent: value, report: undefined, isOdd: true }
}

interface Device {
  accountId: string
  id: string
}

/** What is known of a device, in the form of a report. */
export type Known = Partial<Checkin>

/** Reads what is known of these devices and locks them until their reports are written. */
export async function readKnown(tx: Db, devices: Device[]): Promise<Map<string, Known>> {
  if (devices.length === 0) return new Map()
  const { rows } = await tx.query<{
    id: string
    imei: string | null
    timezone: string | null
    xray: Checkin['xray']
    members: string
  }>(sql`
    SELECT d.id, d.imei, d.timezone, d.xray, h.battery || d.os || h.connection || d.apps AS members
    FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
    JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
    JOIN heartbeat AS h ON h.account_id = d.account_id AND h.device_id = d.id
    ORDER BY d.account_id, d.id FOR NO KEY UPDATE OF d`)
  return new Map(
    rows.map(({ id, imei, timezone, xray, members }) => [
      id,
      {
        ...(imei !== null && { imei }),
        ...(timezone !== null && { timezone }),
        ...(xray && { xray }),
        ...(JSON.parse(`{${members.slice(1)}}`) as Known),
      },
    ]),
  )
}

/**
 * Takes of an odd report what can be read. Where it is not clear whether the report is whole, it removes nothing; a
 * location whose time cannot be read has the time of its arrival.
 */
export function readOdd(sent: object, known: Known): { report: Checkin; faults: Fault[] } {
  const before = { ...known, partial: true, location: { recordedAt: new Date().toISOString() } }
  const { value, faults } = salvage(Checkin, sent, before)
  return { report: value as Checkin, faults }
}

/**
 * What a device says of a notification.
 *
 * @throws AppError where its state cannot be read; everything else is left out.
 */
export function readOutcome({ value }: LenientJson): Outcome {
  const outcome = isObject(value) ? salvage(Outcome, value, {}) : undefined
  if (outcome?.value) return outcome.value as Outcome
  const faults = outcome?.faults.map(({ path, message }) => `${path.slice(1)} ${message}`)
  throw new AppError('invalid_request_error', faults?.join('; ') ?? 'An outcome must be a JSON object')
}
