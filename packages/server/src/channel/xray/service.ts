import { randomBytes } from 'node:crypto'
import type { NewXrayTicket, XrayQuery } from '@mason/contract/xray'
import sql, { empty, raw } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { hashSecret } from '../../core/key.ts'
import { requireFree, requireOffered } from './offer.ts'
import { endByHand } from './records.ts'

const ticketSeconds = 30

/** Makes a ticket for one session. @throws AppError when the session would be refused now: a browser cannot see why a WebSocket was. */
export async function createTicket(
  db: Db,
  actor: Actor,
  deviceId: string,
  { service, reason }: NewXrayTicket,
  publicUrl: string,
): Promise<string> {
  const ticket = `xray_${randomBytes(32).toString('base64url')}`
  const made = await db.transaction(async (tx) => {
    await requireOffered(tx, actor, deviceId, service, reason)
    await requireFree(tx, actor, deviceId)
    const id = uuidv7()
    const { rows } = await tx.query<{ expiresAt: string }>(sql`
      INSERT INTO xray_ticket (account_id, hash, session_id, device_id, service, actor, reason, expires_at)
      VALUES (${actor.accountId}, ${hashSecret(ticket)}, ${id}, ${deviceId}, ${service}, ${actorDocument(actor)},
              ${reason ?? null}, now() + make_interval(secs => ${ticketSeconds}))
      RETURNING iso_time(expires_at) AS "expiresAt"`)
    return { id, service, reason, expiresAt: rows[0]?.expiresAt }
  })
  const origin = publicUrl.replace(/^http/, 'ws')
  const url = `${origin}/v1/global/xray/${deviceId}/${service}?ticket=${ticket}`
  return JSON.stringify({ id: made.id, ticket, url, expiresAt: made.expiresAt })
}

export async function list(db: Db, actor: Actor, { device, open, ...page }: XrayQuery): Promise<Page> {
  const where = sql`${device === undefined ? empty : sql`AND device_id = ${device}`}
    ${open === undefined ? empty : sql`AND ended_at IS ${raw(open ? 'NULL' : 'NOT NULL')}`}`
  return readPage(db, { view: 'xray_document', key: 'id', keyType: 'uuid', reach: actor, where }, page)
}

export const get = (db: Db, actor: Actor, id: string): Promise<string> =>
  readOne(db, actor, 'X-Ray session', 'xray_document', { id })

/** Asks whoever is on a device to leave it, or takes that back. */
export async function change(db: Db, actor: Actor, id: string, takeOver: boolean): Promise<string> {
  return db.transaction(async (tx) => {
    wasBefore(tx, await get(tx, actor, id))
    const asked = takeOver
      ? sql`jsonb_build_object('actor', ${actorDocument(actor)}::jsonb, 'at', iso_time(now()))`
      : sql`NULL`
    const { rowCount } = await tx.query(sql`
      UPDATE xray_session SET take_over = ${asked} WHERE account_id = ${actor.accountId} AND id = ${id} AND ended_at IS NULL`)
    if (rowCount === 0) throw new AppError('conflict_error', 'The session has ended')
    return get(tx, actor, id)
  })
}

/** Ends a session; one that has ended stays as it is. */
export async function end(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    wasBefore(tx, await get(tx, actor, id))
    await endByHand(tx, actor, id, 'it was ended by hand')
    return get(tx, actor, id)
  })
}
