import type { PageQuery } from '@mason/contract/common'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { type Page, readPage } from '../../core/http/page.ts'

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'app_document', key: 'package', keyType: 'text', reach: actor }, query)
}

export async function get(db: Db, { accountId }: Actor, name: string): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT installed_app(account_id, key, value, 1000)::text AS document FROM counter_total
    WHERE account_id = ${accountId} AND kind = 'app' AND key = ${name} AND value > 0`)
  if (!rows[0]) throw notFound('app')
  return rows[0].document
}
