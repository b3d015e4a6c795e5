import type { PreferencesChange } from '@mason/contract/preferences'
import sql from 'sql-template-tag'
import type { OwnSession } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { requireTimezone } from '../../core/window.ts'

/** What mails somebody wants, and how they are told of times, as JSON. */
export async function get(db: Db, { accountId, userId }: OwnSession): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT preferences_document(u)::text AS document FROM app_user AS u WHERE account_id = ${accountId} AND id = ${userId}`)
  if (!rows[0]) throw notFound('user')
  return rows[0].document
}

/** With another pace or time zone, the first digest comes at the next time that one is due. */
export async function change(db: Db, session: OwnSession, input: PreferencesChange): Promise<string> {
  const { digest = null, timezone, clock = null } = input
  return db.transaction(async (tx) => {
    wasBefore(tx, await get(tx, session))
    if (timezone) await requireTimezone(tx, timezone, '/timezone')
    await tx.query(sql`
      UPDATE app_user SET digest = coalesce(${digest}, digest), clock = coalesce(${clock}, clock),
        timezone = CASE WHEN ${timezone === undefined} THEN timezone ELSE ${timezone ?? null} END
      WHERE account_id = ${session.accountId} AND id = ${session.userId}`)
    if (digest !== null || timezone !== undefined)
      await tx.query(sql`
        UPDATE app_user AS u SET digest_due_at = next_digest(u.digest, coalesce(u.timezone, a.timezone), now())
        FROM account AS a WHERE a.id = u.account_id AND u.account_id = ${session.accountId} AND u.id = ${session.userId}`)
    return get(tx, session)
  })
}
