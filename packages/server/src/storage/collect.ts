import pg from 'pg'
import sql, { join, raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from '../jobs/periodic.ts'
import type { ObjectStore } from './storage.ts'

/** So many contents are removed in one go. */
const batchSize = 200

/** Removes contents that nothing refers to and that were last put more than a day ago. */
export function collectOrphans(objects: ObjectStore): PeriodicJob {
  return {
    name: 'collect-orphans',
    everyMs: 600_000,
    run: async (db) => {
      for (const sha256 of await findOrphans(db)) await collect(db, objects, sha256)
    },
  }
}

/** A table says by a foreign key, and by nothing else, that it refers to contents. */
async function findOrphans(db: Db): Promise<string[]> {
  const { rows: references } = await db.query<{ table: string; column: string }>(sql`
    SELECT conrelid::regclass::text AS table, quote_ident(attname) AS column
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND confrelid = 'storage_object'::regclass AND conparentid = 0`)
  const unreferenced = references.map(
    ({ table, column }) => sql`NOT EXISTS (SELECT FROM ${raw(table)} AS r WHERE r.${raw(column)} = o.sha256)`,
  )
  const { rows } = await db.query<{ sha256: string }>(sql`
    SELECT sha256 FROM storage_object AS o
    WHERE ${join([sql`kept_at < now() - interval '1 day'`, ...unreferenced], ' AND ')} LIMIT ${batchSize}`)
  return rows.map(({ sha256 }) => sha256)
}

/**
 * Removes a content while its row is locked: who puts the same one waits, finds no row and puts it anew. A reference that
 * came meanwhile makes the deletion fail before anything is removed; a crash leaves a row, and it is collected again.
 */
async function collect(db: Db, objects: ObjectStore, sha256: string): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      const { rowCount } = await tx.query(sql`
        DELETE FROM storage_object WHERE sha256 = ${sha256} AND kept_at < now() - interval '1 day'`)
      if (rowCount === 1) await objects.remove(sha256)
    })
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === '23503')) throw error
  }
}
