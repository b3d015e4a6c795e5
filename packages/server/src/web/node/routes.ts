import { listNodes } from '@mason/contract/node'
import sql from 'sql-template-tag'
import { isPrincipal } from '../../core/actor.ts'
import { AppError } from '../../core/errors.ts'
import type { Router } from '../../core/http/router.ts'

/** A process that dies again and again leaves many entries behind. */
const most = 1_000

export function nodeRoutes({ add }: Router): void {
  add(listNodes, async ({ db, actor }) => {
    if (!isPrincipal(actor) || !actor.isOperator)
      throw new AppError('permission_error', "Only the platform's first account sees its nodes")
    const { rows } = await db.query<{ document: string }>(
      sql`SELECT document::text FROM node_document ORDER BY id DESC LIMIT ${most}`,
    )
    return `{"data":[${rows.map(({ document }) => document).join()}]}`
  })
}
