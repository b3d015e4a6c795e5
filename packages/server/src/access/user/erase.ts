import sql from 'sql-template-tag'
import { tells } from '../../core/audit/draft.ts'
import { forgetIdentities } from '../../core/audit/identities.ts'
import type { Db } from '../../core/db/database.ts'
import { byId, byPlace, type Section, section } from '../../core/http/lines.ts'
import type { UserRef } from './set-password.ts'

/** All that is kept about a user. */
export function dataOf({ accountId, id }: UserRef): Section[] {
  const sessions = sql`(
    SELECT id, json_strip_nulls(json_build_object(
      'id', id, 'address', address, 'userAgent', user_agent, 'createdAt', iso_time(created_at),
      'lastUsedAt', iso_time(last_used_at), 'endedAt', iso_time(ended_at))) AS document
    FROM user_session WHERE account_id = ${accountId} AND user_id = ${id}) AS sessions`
  const ofAccount = sql`account_id = ${accountId}`
  return [
    section('user', sql`user_document`, sql`${ofAccount} AND id = ${id}`, byId),
    section('session', sessions, sql`true`, byId),
    section('audit', sql`audit_document`, sql`${ofAccount} AND actor_id = ${id}`, byPlace),
    section('audit', sql`audit_document`, sql`${ofAccount} AND subject_id = ${id} AND actor_id <> ${id}`, byPlace),
  ]
}

/** Erases who a removed user was: what they did keeps a name that says nothing. */
export async function erase(tx: Db, { accountId, id, email }: UserRef & { email: string }): Promise<void> {
  await tx.query(sql`DELETE FROM user_session WHERE account_id = ${accountId} AND user_id = ${id}`)
  await tx.query(sql`
    UPDATE app_user SET email = ${`erased-${id}`}, name = 'erased user' WHERE account_id = ${accountId} AND id = ${id}`)
  await forgetIdentities(tx, accountId, [email])
  tells(tx, { after: { erased: true } })
}
