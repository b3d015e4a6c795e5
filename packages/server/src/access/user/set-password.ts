import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** A user as signing in needs it. */
export interface UserRef {
  accountId: string
  id: string
}

const kept = 5

/** The last passwords, which must not be used again. */
export async function earlierHashes(db: Db, { accountId, id }: UserRef): Promise<string[]> {
  const { rows } = await db.query<{ hash: string }>(sql`
    SELECT hash FROM password_history WHERE account_id = ${accountId} AND user_id = ${id} ORDER BY set_at DESC LIMIT ${kept}`)
  return rows.map(({ hash }) => hash)
}

/** Writes a new password; every session, token and link from before it ends. */
export async function setPassword(tx: Db, { accountId, id }: UserRef, hash: string): Promise<void> {
  await tx.query(sql`
    UPDATE app_user SET password_hash = ${hash}, token_generation = token_generation + 1
    WHERE account_id = ${accountId} AND id = ${id}`)
  await tx.query(sql`INSERT INTO password_history (account_id, user_id, hash) VALUES (${accountId}, ${id}, ${hash})`)
  await tx.query(sql`
    DELETE FROM password_history WHERE account_id = ${accountId} AND user_id = ${id} AND set_at NOT IN (
      SELECT set_at FROM password_history WHERE account_id = ${accountId} AND user_id = ${id}
      ORDER BY set_at DESC LIMIT ${kept})`)
  await tx.query(sql`DELETE FROM user_link WHERE account_id = ${accountId} AND user_id = ${id}`)
  await endSessions(tx, { accountId, id })
}

/** Ends every session of a user. */
export async function endSessions(tx: Db, { accountId, id }: UserRef): Promise<void> {
  await tx.query(sql`
    UPDATE user_session SET ended_at = clock_timestamp()
    WHERE account_id = ${accountId} AND user_id = ${id} AND ended_at IS NULL`)
}
