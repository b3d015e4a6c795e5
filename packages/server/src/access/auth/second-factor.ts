import type { TotpEnrollment } from '@mason/contract/second-factor'
import sql from 'sql-template-tag'
import type { OwnSession } from '../../core/actor.ts'
import { actsAs } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import type { Sealer } from '../../core/sealer.ts'
import { checkOwnPassword } from './password.ts'
import { endSession, type OpenedSession, openSession, type Visitor } from './session.ts'
import { withCode } from './sign-in.ts'
import { newSecret, replaceRecoveryCodes, stepOf } from './totp.ts'

/** Begins to enroll: the secret counts once a first code confirms it. */
export async function enroll(
  db: Db,
  sealer: Sealer,
  session: OwnSession,
  password: string | undefined,
): Promise<TotpEnrollment> {
  refuseWaiting(session)
  const { accountId, userId } = session
  const { rows } = await db.query<{ email: string; hasTotp: boolean; hasPassword: boolean }>(sql`
    SELECT email, totp_secret IS NOT NULL AS "hasTotp", password_hash IS NOT NULL AS "hasPassword"
    FROM app_user WHERE account_id = ${accountId} AND id = ${userId}`)
  if (rows[0]?.hasTotp !== false) throw enrolledAlready()
  // Whoever must enroll has just given the password.
  if (session.state === 'active' && rows[0].hasPassword) {
    if (password === undefined) throw invalid('/password', 'is required')
    await checkOwnPassword(db, { accountId, id: userId }, '/password', password)
  }
  const enrollment = newSecret(rows[0].email)
  await db.query(sql`
    UPDATE app_user SET totp_pending = ${sealer.seal(enrollment.secret)}
    WHERE account_id = ${accountId} AND id = ${userId} AND totp_secret IS NULL`)
  return enrollment
}

/**
 * Confirms the second factor by a first code. A session that waited for it is replaced by an active one.
 *
 * @returns recovery codes, which nothing else ever holds.
 */
export async function confirm(
  db: Db,
  sealer: Sealer,
  session: OwnSession,
  code: string,
  visitor: Visitor,
): Promise<{ recoveryCodes: string[]; opened: OpenedSession | undefined }> {
  refuseWaiting(session)
  const { accountId, userId: id } = session
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ totp_pending: Buffer | null; hasTotp: boolean }>(sql`
      SELECT totp_pending, totp_secret IS NOT NULL AS "hasTotp"
      FROM app_user WHERE account_id = ${accountId} AND id = ${id} FOR UPDATE`)
    if (rows[0]?.hasTotp !== false) throw enrolledAlready()
    actsAs(tx, { accountId, id })
    const { totp_pending: pending } = rows[0]
    if (!pending) throw new AppError('conflict_error', 'No second factor is being enrolled')
    const step = stepOf(sealer.open(pending), code.replaceAll(/\s/g, ''))
    if (step === undefined) throw invalid('/code', 'is wrong')
    await tx.query(sql`
      UPDATE app_user SET totp_secret = totp_pending, totp_pending = NULL, totp_step = ${step}
      WHERE account_id = ${accountId} AND id = ${id}`)
    const recoveryCodes = await replaceRecoveryCodes(tx, { accountId, id })
    await recordChange(tx, session, true)
    if (session.state === 'active') return { recoveryCodes, opened: undefined }
    const opened = await openSession(tx, { accountId, id }, visitor, { secondFactor: 'given' })
    if (!(await endSession(tx, session))) throw new AppError('authentication_error', 'The session has ended')
    return { recoveryCodes, opened }
  })
}

/** Gives the second factor up, unless the account requires one. */
export function disable(db: Db, sealer: Sealer, session: OwnSession, code: string, visitor: Visitor): Promise<void> {
  const { accountId, userId } = session
  return withCode(db, sealer, session, code, visitor, async (tx) => {
    const { rowCount } = await tx.query(sql`
      UPDATE app_user AS u SET totp_secret = NULL, totp_pending = NULL FROM account AS a
      WHERE a.id = u.account_id AND NOT a.totp_required AND u.account_id = ${accountId} AND u.id = ${userId}`)
    if (rowCount === 0) throw new AppError('conflict_error', 'The account requires a second factor of everybody')
    await tx.query(sql`DELETE FROM recovery_code WHERE account_id = ${accountId} AND user_id = ${userId}`)
    await recordChange(tx, session, false)
  })
}

/** Replaces the recovery codes. */
export const renewCodes = (db: Db, sealer: Sealer, session: OwnSession, code: string, visitor: Visitor) =>
  withCode(db, sealer, session, code, visitor, (tx) =>
    replaceRecoveryCodes(tx, { accountId: session.accountId, id: session.userId }),
  )

/** Whoever has still to give a code cannot enroll another factor in place of the one that they lack. */
function refuseWaiting({ state }: OwnSession): void {
  if (state === 'totpRequired')
    throw new AppError('authentication_error', 'The second step of signing in is still to come')
}

const enrolledAlready = () => new AppError('conflict_error', 'There is already a second factor: remove it first')

const recordChange = (tx: Db, { accountId, userId: id }: OwnSession, totp: boolean) =>
  record(tx, { kind: 'user', accountId, id }, { type: 'user.changed', subject: { kind: 'user', id }, data: { totp } })
