import { dayMs } from '@mason/contract/time'
import sql, { empty } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { OwnSession } from '../../core/actor.ts'
import { actsAs } from '../../core/audit/draft.ts'
import { deviceMark, networkMark } from '../../core/connection/network.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { isUuid } from '../../core/http/validation.ts'
import { hashSecret, randomBase62 } from '../../core/key.ts'
import type { UserRef } from '../user/set-password.ts'

/** Who signs in from where. */
export interface Visitor {
  address: string
  userAgent: string | undefined
  /** The token of the browser, from an earlier sign-in. */
  device: string | undefined
}

/** What a browser is given. */
export interface OpenedSession {
  accountId: string
  id: string
  token: string
  expiresAt: Date
  /** Marks the browser as one that the user is known by, once the session is active. */
  device: string | undefined
}

/** A session ends this long after it was begun, however much it is used. */
const absoluteHours = 30 * 24
/** One whose second step does not come. */
const pendingHours = 1 / 6
/** One that is not used, in milliseconds. */
export const idleMs = 3 * dayMs

/**
 * Begins a session in the state that the user's second factor asks for. The user is held still meanwhile: whatever changes
 * the password or ends the user ends this session too.
 *
 * @param secondFactor `given` where it has just been checked.
 * @throws AppError (401) when the user has gone or the password is no longer the one that was checked.
 */
export async function openSession(
  tx: Db,
  { accountId, id: userId }: UserRef,
  visitor: Visitor,
  { passwordHash, secondFactor }: { passwordHash?: string; secondFactor?: 'given' } = {},
): Promise<OpenedSession> {
  const { rows } = await tx.query<{ hasTotp: boolean; isTotpRequired: boolean }>(sql`
    SELECT u.totp_secret IS NOT NULL AS "hasTotp", a.totp_required AS "isTotpRequired"
    FROM app_user AS u JOIN account AS a ON a.id = u.account_id
    WHERE u.account_id = ${accountId} AND u.id = ${userId} AND u.joined_at IS NOT NULL AND u.disabled_at IS NULL
      AND u.deleted_at IS NULL ${passwordHash === undefined ? empty : sql`AND u.password_hash = ${passwordHash}`}
    FOR NO KEY UPDATE OF u`)
  if (!rows[0]) throw new AppError('authentication_error', 'The user has just changed: sign in again')
  actsAs(tx, { accountId, id: userId })
  const state = secondFactor ? 'active' : firstState(rows[0])
  const [id, token] = [uuidv7(), randomBase62(43)]
  const hours = state === 'active' ? absoluteHours : pendingHours
  const inserted = await tx.query<{ expires_at: Date }>(sql`
    INSERT INTO user_session (account_id, id, user_id, token_hash, state, address, user_agent, expires_at)
    VALUES (${accountId}, ${id}, ${userId}, ${hashSecret(token)}, ${state}, ${visitor.address},
            ${visitor.userAgent?.slice(0, 300) ?? null}, now() + make_interval(secs => ${hours * 3600}))
    RETURNING expires_at`)
  const expiresAt = inserted.rows[0]?.expires_at ?? new Date(0)
  const device = state === 'active' ? await noteSignIn(tx, { accountId, id: userId }, visitor) : undefined
  return { accountId, id, token, expiresAt, device }
}

function firstState({ hasTotp, isTotpRequired }: { hasTotp: boolean; isTotpRequired: boolean }): OwnSession['state'] {
  if (hasTotp) return 'totpRequired'
  return isTotpRequired ? 'totpEnrollmentRequired' : 'active'
}

/** So many browsers and addresses of a user are remembered. */
const knownPlaces = 100

/** Remembers when and where the user signed in. The browser gets a new token: one that was planted stays unknown. */
async function noteSignIn(tx: Db, { accountId, id }: UserRef, visitor: Visitor): Promise<string> {
  const device = randomBase62(43)
  await tx.query(sql`UPDATE app_user SET last_sign_in_at = now() WHERE account_id = ${accountId} AND id = ${id}`)
  if (visitor.device !== undefined)
    await tx.query(sql`
      DELETE FROM known_place
      WHERE account_id = ${accountId} AND user_id = ${id} AND mark = ${deviceMark(visitor.device)}`)
  await tx.query(sql`
    INSERT INTO known_place (account_id, user_id, mark)
    SELECT ${accountId}, ${id}, mark FROM unnest(${[deviceMark(device), networkMark(visitor.address)]}::bytea[]) AS m (mark)
    ON CONFLICT (account_id, user_id, mark) DO UPDATE SET used_at = now()`)
  await tx.query(sql`
    DELETE FROM known_place WHERE account_id = ${accountId} AND user_id = ${id} AND mark IN (
      SELECT mark FROM known_place WHERE account_id = ${accountId} AND user_id = ${id}
      ORDER BY used_at DESC OFFSET ${knownPlaces})`)
  return device
}

/** Ends a session if it has not ended. @returns whether it was this call that ended it. */
export async function endSession(db: Db, { accountId, id }: UserRef): Promise<boolean> {
  const { rowCount } = await db.query(sql`
    UPDATE user_session SET ended_at = clock_timestamp()
    WHERE account_id = ${accountId} AND id = ${id} AND ended_at IS NULL`)
  return rowCount === 1
}

/** A session with its user and account, as JSON. */
export async function describeSession(db: Db, { accountId, id }: UserRef): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT json_build_object('id', s.id, 'state', s.state, 'user', u.document,
      'account', json_build_object('id', a.id, 'name', a.name, 'totpRequired', a.totp_required,
        'xrayReasonRequired', a.xray_reason_required, 'xrayShellsRecorded', a.xray_shells_recorded,
        'isOperator', a.is_operator), 'preferences', preferences_document(p),
      'createdAt', iso_time(s.created_at), 'expiresAt', iso_time(s.expires_at))::text AS document
    FROM user_session AS s JOIN user_document AS u ON u.account_id = s.account_id AND u.id = s.user_id
    JOIN app_user AS p ON p.account_id = s.account_id AND p.id = s.user_id
    JOIN account AS a ON a.id = s.account_id
    WHERE s.account_id = ${accountId} AND s.id = ${id}`)
  if (!rows[0]) throw notFound('session')
  return rows[0].document
}

const live = ({ accountId, userId }: OwnSession) => sql`
  FROM user_session WHERE account_id = ${accountId} AND user_id = ${userId} AND state = 'active' AND ended_at IS NULL
    AND expires_at > now() AND last_used_at > now() - make_interval(secs => ${idleMs / 1000})`

const documentFor = ({ id }: OwnSession) => sql`
  json_strip_nulls(json_build_object('id', id, 'isCurrent', id = ${id}, 'address', address, 'userAgent', user_agent,
    'createdAt', iso_time(created_at), 'lastUsedAt', iso_time(last_used_at), 'expiresAt', iso_time(expires_at),
    'self', '/auth/sessions/' || id))::text AS document`

/** The live sessions of whoever asks, newest first. */
export async function listOwn(db: Db, own: OwnSession): Promise<string[]> {
  const { rows } = await db.query<{ document: string }>(
    sql`SELECT ${documentFor(own)} ${live(own)} ORDER BY id DESC LIMIT 1000`,
  )
  return rows.map(({ document }) => document)
}

/** Ends one of one's own sessions. */
export async function revokeOwn(db: Db, own: OwnSession, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('session')
  return db.transaction(async (tx) => {
    actsAs(tx, { accountId: own.accountId, id: own.userId })
    const { rows } = await tx.query<{ document: string }>(
      sql`SELECT ${documentFor(own)} ${live(own)} AND id = ${id} FOR UPDATE`,
    )
    if (!rows[0]) throw notFound('session')
    await endSession(tx, { accountId: own.accountId, id })
    return rows[0].document
  })
}
