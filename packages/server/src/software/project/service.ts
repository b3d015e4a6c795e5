import type { PageQuery } from '@mason/contract/common'
import type { NewProject } from '@mason/contract/project'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'project_document', key: 'name', keyType: 'text', reach: actor }, query)
}

export async function names(db: Db, actor: Actor): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    sql`SELECT name FROM project WHERE account_id = ${actor.accountId} ORDER BY name`,
  )
  return rows.map(({ name }) => name)
}

export function get(db: Db, actor: Actor, name: string): Promise<string> {
  return readOne(db, actor, 'project', 'project_document', { name })
}

export async function exists(db: Db, actor: Actor, name: string): Promise<boolean> {
  const { rowCount } = await db.query(sql`SELECT FROM project WHERE account_id = ${actor.accountId} AND name = ${name}`)
  return rowCount === 1
}

export async function create(db: Db, actor: Actor, { name }: NewProject): Promise<string> {
  return db.transaction(async (tx) => {
    await tx.query(sql`INSERT INTO project (account_id, name) VALUES (${actor.accountId}, ${name})`)
    return get(tx, actor, name)
  })
}
