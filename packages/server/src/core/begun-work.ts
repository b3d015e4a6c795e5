import type { PageQuery } from '@mason/contract/common'
import type { Scope } from '@mason/contract/scopes'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Actor, mayDo } from './actor.ts'
import type { Db } from './db/database.ts'
import { actorDocument } from './event/record.ts'
import { type Page, readPage } from './http/page.ts'

/** What of the jobs and exports somebody who is restricted to groups sees: their own, but none of a group that they have lost. */
export const ownWork = (actor: Actor): Sql =>
  actor.groups ? sql`AND created_by @> ${actorDocument(actor)}::jsonb AND groups <@ ${actor.groups}::text[]` : empty

interface BegunWork {
  view: 'job_document' | 'export_document'
  /** The scope that reading each kind needs. */
  scopes: Readonly<Record<string, Scope>>
}

/** Lists the jobs or exports of the kinds that the actor may read. */
export function listWork(
  db: Db,
  actor: Actor,
  { view, scopes }: BegunWork,
  { kind, state, ...page }: PageQuery & { kind?: string; state?: string },
): Promise<Page> {
  const readable = Object.entries(scopes).flatMap(([each, scope]) => (mayDo(actor, scope) ? [each] : []))
  const where = sql`AND kind = ANY (${readable}) ${kind === undefined ? empty : sql`AND kind = ${kind}`}
    ${state === undefined ? empty : sql`AND state = ${state}`}`
  return readPage(
    db,
    { view, key: 'id', keyType: 'uuid', reach: actor, hanging: { told: () => ownWork(actor) }, where },
    page,
  )
}
