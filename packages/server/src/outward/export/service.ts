import { type ExportQuery, exportFilters, exportScopes, type NewExport } from '@mason/contract/export'
import { toUtc } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireScope } from '../../core/actor.ts'
import { listWork, ownWork } from '../../core/begun-work.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import type { Page } from '../../core/http/page.ts'
import { isUuid } from '../../core/http/validation.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import type { Filters, Kind } from './kind.ts'
import { sources } from './kinds.ts'

/** Which export a job is to write. */
export interface ExportJob {
  accountId: string
  id: string
}

/** So many exports of an account may be under way. */
const maxUnfinished = 5

/** Asks for an export; an account's exports are written one after another. */
export async function create(db: Db, actor: Actor, task: Task<ExportJob>, input: NewExport): Promise<string> {
  const { kind, format, ...filters } = input
  requireScope(actor, exportScopes[kind])
  refuseForeign(kind, filters)
  sources[kind](actor, filters)
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ unfinished: number }>(sql`
      SELECT count(*) AS unfinished FROM export
      WHERE account_id = ${actor.accountId} AND finished_at IS NULL ${ownWork(actor)}`)
    if ((rows[0]?.unfinished ?? 0) >= maxUnfinished)
      throw new AppError('conflict_error', `${maxUnfinished} exports are under way already`)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO export (account_id, id, kind, format, filters, groups, created_by)
      VALUES (${actor.accountId}, ${id}, ${kind}, ${format}, ${JSON.stringify(inUtc(filters))}, ${actor.groups ?? null},
              ${actorDocument(actor)})`)
    await enqueue(tx, task, { accountId: actor.accountId, id }, { queue: `export ${actor.accountId}` })
    return get(tx, actor, id)
  })
}

function refuseForeign(kind: Kind, filters: Filters): void {
  for (const name of Object.keys(filters))
    if (!Object.hasOwn(exportFilters[kind], name)) throw invalid(`/${name}`, `is not a filter of the kind ${kind}`)
}

/** Times are shown as everywhere. */
const inUtc = ({ checkedInBefore, checkedInAfter, ...filters }: Filters): Filters => ({
  ...filters,
  ...(checkedInBefore !== undefined && { checkedInBefore: toUtc(checkedInBefore) }),
  ...(checkedInAfter !== undefined && { checkedInAfter: toUtc(checkedInAfter) }),
})

export const list = (db: Db, actor: Actor, query: ExportQuery): Promise<Page> =>
  listWork(db, actor, { view: 'export_document', scopes: exportScopes }, query)

export async function get(db: Db, actor: Actor, id: string): Promise<string> {
  return (await find(db, actor, id)).document
}

/** What the file of a finished export is. */
export async function getContent(db: Db, actor: Actor, id: string): Promise<Found & { sha256: string; size: number }> {
  const { sha256, size, ...found } = await find(db, actor, id)
  if (sha256 === null || size === null)
    throw new AppError('conflict_error', `The export is ${found.state}: it has no content`)
  return { ...found, sha256, size }
}

interface Found {
  document: string
  kind: Kind
  format: NewExport['format']
  state: string
}

async function find(db: Db, actor: Actor, id: string) {
  if (!isUuid(id)) throw notFound('export')
  const { rows } = await db.query<Found & { sha256: string | null; size: number | null }>(sql`
    SELECT document::text, kind, format, state, sha256, size
    FROM export_document WHERE account_id = ${actor.accountId} AND id = ${id} ${ownWork(actor)}`)
  if (!rows[0]) throw notFound('export')
  requireScope(actor, exportScopes[rows[0].kind])
  return rows[0]
}
