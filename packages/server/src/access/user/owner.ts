import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { byCommand } from '../../core/audit/by-command.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { randomBase62 } from '../../core/key.ts'
import { normalEmail } from './email.ts'
import { hashPassword } from './password.ts'
import { setPassword } from './set-password.ts'

/** A user whose password was made up, to be shown once. */
export interface NewOwner {
  email: string
  password: string
}

const passwordLength = 20

/** Makes the first user of an account, an owner; nothing where there are users. */
export async function createOwner(tx: Db, accountId: string, address: string): Promise<NewOwner | undefined> {
  const { rowCount } = await tx.query(sql`SELECT FROM app_user WHERE account_id = ${accountId} LIMIT 1`)
  if (rowCount !== 0) return undefined
  const [id, email, password] = [uuidv7(), normalEmail(address), randomBase62(passwordLength)]
  await tx.query(sql`
    INSERT INTO app_user (account_id, id, email, scopes, joined_at)
    VALUES (${accountId}, ${id}, ${email}, ${['account:owner']}, now())`)
  await setPassword(tx, { accountId, id }, await hashPassword(password))
  return { email, password }
}

/** Gives a user a new password from outside, enabled again if need be. @returns the password. */
export async function breakGlass(db: Db, accountId: string, email: string, isTotpReset: boolean): Promise<string> {
  const password = randomBase62(passwordLength)
  const hash = await hashPassword(password)
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string }>(sql`
      UPDATE app_user SET disabled_at = NULL, joined_at = coalesce(joined_at, now()),
        totp_secret = CASE WHEN ${isTotpReset} THEN NULL ELSE totp_secret END
      WHERE account_id = ${accountId} AND email = ${normalEmail(email)} AND deleted_at IS NULL RETURNING id`)
    const [user] = rows
    if (!user) throw notFound('user')
    await setPassword(tx, { accountId, id: user.id }, hash)
    if (isTotpReset)
      await tx.query(sql`DELETE FROM recovery_code WHERE account_id = ${accountId} AND user_id = ${user.id}`)
    const subject = { kind: 'user', id: user.id }
    await record(
      tx,
      { kind: 'system', accountId, id: 'mason-server' },
      {
        type: 'user.changed',
        subject,
        data: { password: true, ...(isTotpReset && { totp: false }) },
      },
    )
    await byCommand(tx, accountId, 'resetPassword', subject, { after: { totpReset: isTotpReset } })
  })
  return password
}
