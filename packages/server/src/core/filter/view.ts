import type { ViewKind } from '@mason/contract/view'
import sql, { type Sql } from 'sql-template-tag'
import { type Actor, isRestricted } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { actorDocument } from '../event/record.ts'

/** The condition that an actor sees a view: it is shared, or its own. Views are of the account, and not for who is restricted to groups. */
export const isSeenBy = (actor: Actor): Sql =>
  isRestricted(actor) ? sql`false` : sql`(is_shared OR created_by = ${actorDocument(actor)}::jsonb)`

/** The filter of a view that the actor sees. @throws AppError when there is none of this kind. */
export async function filterOfView(db: Db, actor: Actor, kind: ViewKind, id: string): Promise<string> {
  const { rows } = await db.query<{ filter: string }>(sql`
    SELECT filter FROM view
    WHERE account_id = ${actor.accountId} AND id = ${id} AND kind = ${kind} AND ${isSeenBy(actor)}`)
  if (!rows[0])
    throw new AppError('not_found_error', `There is no view ${id} of ${kind === 'sim' ? 'SIMs' : 'devices'}`)
  return rows[0].filter
}
