import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** Items of one kind, found by key range: a statement for `key` and `document` of those behind a key, in their order. */
export interface Section {
  kind: string
  find(after: string | undefined, limit: number): Sql
}

const atOnce = 500

/** All items as lines of NDJSON, `{"kind", "data"}` each; they are read as they are sent. */
export function sendLines(reply: FastifyReply, db: Db, sections: readonly Section[], filename: string): Readable {
  reply.headers({
    'content-type': 'application/x-ndjson',
    'content-disposition': `attachment; filename="${filename}"`,
  })
  return Readable.from(linesOf(db, sections), { objectMode: false })
}

async function* linesOf(db: Db, sections: readonly Section[]): AsyncGenerator<string> {
  for (const { kind, find } of sections) {
    let after: string | undefined
    for (let isMore = true; isMore; ) {
      const { rows } = await db.query<{ key: string; document: string }>(find(after, atOnce))
      if (rows.length > 0)
        yield rows.map(({ document }) => `{"kind":${JSON.stringify(kind)},"data":${document}}\n`).join('')
      after = rows.at(-1)?.key
      isMore = rows.length === atOnce
    }
  }
}

/** Items of a view that meet a condition, by a key that orders them. */
export const section = (kind: string, view: Sql, where: Sql, key: { column: Sql; type: Sql }): Section => ({
  kind,
  find: (after, limit) => sql`
    SELECT ${key.column}::text AS key, document::text FROM ${view} WHERE ${where}
      ${after === undefined ? empty : sql`AND ${key.column} > ${after}::${key.type}`}
    ORDER BY ${key.column} LIMIT ${limit}`,
})

export const byId = { column: sql`id`, type: sql`uuid` }
export const byPlace = { column: sql`id`, type: sql`text` }
