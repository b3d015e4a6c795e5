import sql, { join, raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** The condition that nothing refers to a content `o`. A table says by a foreign key, and by nothing else, that it refers to contents. */
export async function unreferenced(db: Db): Promise<Sql> {
  const { rows } = await db.query<{ table: string; column: string }>(sql`
    SELECT conrelid::regclass::text AS table, quote_ident(attname) AS column
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND confrelid = 'storage_object'::regclass AND conparentid = 0`)
  return join(
    [
      sql`true`,
      ...rows.map(
        ({ table, column }) => sql`NOT EXISTS (SELECT FROM ${raw(table)} AS r WHERE r.${raw(column)} = o.sha256)`,
      ),
    ],
    ' AND ',
  )
}
