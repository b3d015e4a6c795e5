import {
  type NewView,
  type ViewChange,
  type ViewKind,
  type ViewQuery,
  viewKinds,
  viewScopes,
  viewSorts,
} from '@mason/contract/view'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { readSimFilter } from '../../connectivity/sim/filter.ts'
import { type Actor, mayDo, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { isSeenBy } from '../../core/filter/view.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { readDeviceFilter } from '../device/filter.ts'

/** So many views an account may have. */
const maxViews = 1_000

export function list(db: Db, actor: Actor, { kind, ...page }: ViewQuery): Promise<Page> {
  const readable = viewKinds.filter((each) => mayDo(actor, viewScopes[each].read))
  const where = sql`AND kind = ANY (${readable}) AND ${isSeenBy(actor)} ${kind === undefined ? empty : sql`AND kind = ${kind}`}`
  return readPage(db, { view: 'view_document', key: 'id', keyType: 'uuid', reach: actor, where }, page)
}

export async function get(db: Db, actor: Actor, id: string): Promise<string> {
  await find(db, actor, id)
  return read(db, actor, id)
}

const read = (db: Db, actor: Actor, id: string) => readOne(db, actor, 'view', 'view_document', { id })

interface Found {
  kind: ViewKind
  isOwn: boolean
}

/** @throws AppError where the actor sees no such view. */
async function find(db: Db, actor: Actor, id: string, lock = empty): Promise<Found> {
  if (!isUuid(id)) throw notFound('view')
  const { rows } = await db.query<Found>(sql`
    SELECT kind, created_by = ${actorDocument(actor)}::jsonb AS "isOwn" FROM view
    WHERE account_id = ${actor.accountId} AND id = ${id} AND ${isSeenBy(actor)} ${lock}`)
  if (!rows[0]) throw notFound('view')
  requireScope(actor, viewScopes[rows[0].kind].read)
  return rows[0]
}

export async function create(db: Db, actor: Actor, input: NewView): Promise<string> {
  const { kind, name, filter, columns, sort, shared = false } = input
  requireScope(actor, viewScopes[kind].change)
  check(kind, input)
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ views: number }>(
      sql`SELECT count(*) AS views FROM view WHERE account_id = ${actor.accountId}`,
    )
    if ((rows[0]?.views ?? 0) >= maxViews) throw new AppError('conflict_error', `There are ${maxViews} views already`)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO view (account_id, id, kind, name, filter, columns, sort, is_shared, created_by)
      VALUES (${actor.accountId}, ${id}, ${kind}, ${name}, ${filter}, ${columns ?? null}, ${sort ?? null}, ${shared},
              ${actorDocument(actor)})`)
    return read(tx, actor, id)
  })
}

export async function change(db: Db, actor: Actor, id: string, input: ViewChange): Promise<string> {
  return db.transaction(async (tx) => {
    const { kind, isOwn } = await find(tx, actor, id, sql`FOR UPDATE`)
    if (input.shared === false && !isOwn)
      throw new AppError('conflict_error', 'Only who made a view can keep it to themselves')
    requireScope(actor, viewScopes[kind].change)
    check(kind, input)
    wasBefore(tx, await read(tx, actor, id))
    await tx.query(sql`
      UPDATE view SET ${join([...assignments(input)])} WHERE account_id = ${actor.accountId} AND id = ${id}`)
    return read(tx, actor, id)
  })
}

function* assignments({ name, filter, columns, sort, shared }: ViewChange): Generator<Sql> {
  if (name !== undefined) yield sql`name = ${name}`
  if (filter !== undefined) yield sql`filter = ${filter}`
  if (columns !== undefined) yield sql`columns = ${columns}`
  if (sort !== undefined) yield sql`sort = ${sort}`
  if (shared !== undefined) yield sql`is_shared = ${shared}`
}

export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    const { kind } = await find(tx, actor, id, sql`FOR UPDATE`)
    requireScope(actor, viewScopes[kind].change)
    const document = await read(tx, actor, id)
    await tx.query(sql`DELETE FROM view WHERE account_id = ${actor.accountId} AND id = ${id}`)
    return document
  })
}

/** @throws AppError for a filter that cannot be read, and an order that there is not. */
function check(kind: ViewKind, { filter, sort }: Pick<ViewChange, 'filter' | 'sort'>): void {
  if (filter !== undefined) (kind === 'device' ? readDeviceFilter : readSimFilter)(filter)
  if (sort === undefined || sort === null) return
  const fields = viewSorts[kind]
  if (!fields.includes(sort.replace(/^-/, '')))
    throw invalid('/sort', `must be one of ${fields.join(', ')}, with - in front for the other way round`)
}
