import type { LinkAcceptance, PasswordChange } from '@mason/contract/auth'
import sql from 'sql-template-tag'
import type { OwnSession } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import type { Sealer } from '../../core/sealer.ts'
import { normalEmail } from '../user/email.ts'
import { findLink, issueLink, type Links, useLink } from '../user/link.ts'
import { hashPassword, isPassword, refuseWeakPassword } from '../user/password.ts'
import { earlierHashes, setPassword, type UserRef } from '../user/set-password.ts'
import { type OpenedSession, openSession, type Visitor } from './session.ts'
import { countGuess, isWithin, lettersTo, ownPassword, takeGuessBack } from './throttle.ts'

/** Joins, or sets a new password, by a link; signs in with that, but for the second step. */
export async function acceptLink(
  db: Db,
  { token, password, name }: LinkAcceptance,
  visitor: Visitor,
): Promise<OpenedSession> {
  const { accountId, userId: id, kind, email } = await findLink(db, token)
  const user = { accountId, id }
  await refuseWeakPassword('/password', password, email, await earlierHashes(db, user))
  const hash = await hashPassword(password)
  return db.transaction(async (tx) => {
    await tx.query(sql`
      UPDATE app_user SET joined_at = coalesce(joined_at, now()), name = coalesce(${name ?? null}, name)
      WHERE account_id = ${accountId} AND id = ${id}`)
    await useLink(tx, token)
    await setPassword(tx, user, hash)
    const actor = { kind: 'user', accountId, id } as const
    const subject = { kind: 'user', id }
    if (kind === 'invitation') await record(tx, actor, { type: 'user.joined', subject })
    else await record(tx, actor, { type: 'user.changed', subject, data: { password: true } })
    return openSession(tx, user, visitor, { passwordHash: hash })
  })
}

/** Changes one's own password; all other sessions end, and this one gets a new token. */
export async function changePassword(
  db: Db,
  { accountId, userId: id }: OwnSession,
  { currentPassword, newPassword }: PasswordChange,
  visitor: Visitor,
): Promise<OpenedSession> {
  const user = { accountId, id }
  const { email, hash: known } = await checkOwnPassword(db, user, '/currentPassword', currentPassword)
  await refuseWeakPassword('/newPassword', newPassword, email, await earlierHashes(db, user))
  const hash = await hashPassword(newPassword)
  return db.transaction(async (tx) => {
    const { rowCount } = await tx.query(sql`
      SELECT FROM app_user WHERE account_id = ${accountId} AND id = ${id} AND password_hash = ${known} FOR UPDATE`)
    if (rowCount === 0) throw new AppError('conflict_error', 'The password was changed at the same time')
    await setPassword(tx, user, hash)
    await record(
      tx,
      { kind: 'user', accountId, id },
      {
        type: 'user.changed',
        subject: { kind: 'user', id },
        data: { password: true },
      },
    )
    return openSession(tx, user, visitor, { passwordHash: hash, secondFactor: 'given' })
  })
}

/** Asks somebody who is signed in for the password once more. @throws AppError where it is wrong or there is none. */
export async function checkOwnPassword(
  db: Db,
  { accountId, id }: UserRef,
  path: string,
  password: string,
): Promise<{ email: string; hash: string }> {
  const buckets = ownPassword(accountId, id)
  await countGuess(db, buckets)
  const { rows } = await db.query<{ email: string; hash: string }>(sql`
    SELECT email, password_hash AS hash FROM app_user
    WHERE account_id = ${accountId} AND id = ${id} AND password_hash IS NOT NULL`)
  const [row] = rows
  if (!(await isPassword(password, row?.hash)) || !row) throw invalid(path, 'is not the password')
  await takeGuessBack(db, buckets)
  return row
}

/** Answers forgotten passwords. It is done behind the answer, which so tells nothing of who is a user. */
export function forgottenPasswords(links: Links, sealer: Sealer) {
  const task: Task<{ email: string }> = {
    name: 'forgotten-password',
    run: async (db, { email: sealed }) => {
      const email = sealer.open(Buffer.from(sealed, 'base64'))
      const { rows } = await db.query<{ accountId: string; id: string }>(sql`
        SELECT account_id AS "accountId", id FROM app_user
        WHERE email = ${email} AND joined_at IS NOT NULL AND disabled_at IS NULL AND deleted_at IS NULL`)
      for (const { accountId, id } of rows)
        await db.transaction((tx) => issueLink(tx, links, { accountId, id, email }, 'reset'))
    },
  }
  const ask = async (db: Db, text: string): Promise<void> => {
    if (!links.mailer) return
    const email = normalEmail(text)
    // Too many letters are left unsent without a word.
    if (await isWithin(db, lettersTo(email))) await enqueue(db, task, { email: sealer.seal(email).toString('base64') })
  }
  return { task, ask }
}
