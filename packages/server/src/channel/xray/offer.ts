import type { XrayService } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { isUuid } from '../../core/http/validation.ts'
import { withinTable } from '../../core/reach.ts'

/**
 * Refuses a device that is not there (404) or does not offer the service (410), and a session without a reason where one is needed.
 *
 * @returns whether the account wants shells recorded.
 */
export async function requireOffered(
  db: Db,
  actor: Actor,
  deviceId: string,
  service: XrayService,
  reason: string | undefined,
): Promise<{ areShellsRecorded: boolean }> {
  const found = await findOffer(db, actor, deviceId)
  if (!found.offered?.includes(service))
    throw new AppError('not_found_error', `This device does not offer ${service} over X-Ray`, { status: 410 })
  if (found.needsReason && reason === undefined)
    throw invalid('/reason', 'is required: this account asks why somebody is on a device')
  return found
}

/** Refuses a device that is not there, and tells it from none of another account or of foreign groups in nothing. */
export async function requireDevice(db: Db, actor: Actor, deviceId: string): Promise<void> {
  await findOffer(db, actor, deviceId)
}

async function findOffer(db: Db, actor: Actor, deviceId: string) {
  if (!isUuid(deviceId)) throw notFound('device')
  const { rows } = await db.query<{ offered: string[] | null; needsReason: boolean; areShellsRecorded: boolean }>(sql`
    SELECT d.xray AS offered, a.xray_reason_required AS "needsReason", a.xray_shells_recorded AS "areShellsRecorded"
    FROM device AS d JOIN account AS a ON a.id = d.account_id 
    WHERE d.account_id = ${actor.accountId} AND d.id = ${deviceId} ${withinTable(actor, 'device', 'd')}`)
  if (!rows[0]) throw notFound('device')
  return rows[0]
}

/** Refuses a device that somebody is on (429), and says who. */
export async function requireFree(db: Db, { accountId }: Actor, deviceId: string): Promise<void> {
  const { rows } = await db.query<{ name: string | null; since: string }>(sql`
    SELECT with_name(account_id, actor) ->> 'name' AS name, iso_time(began_at) AS since FROM xray_session
    WHERE account_id = ${accountId} AND device_id = ${deviceId} AND ended_at IS NULL AND lease_until > now()`)
  const [session] = rows
  if (!session) return
  throw taken(session.name ?? 'Somebody', ` since ${session.since}`)
}

/** That somebody is on the device. */
export const taken = (who: string, since = '') =>
  new AppError('rate_limit_error', `${who} has been on this device${since}`, { retryAfter: 30 })
