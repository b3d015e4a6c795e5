import pg from 'pg'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from '../jobs/periodic.ts'
import { unreferenced } from './references.ts'
import type { ObjectStore } from './storage.ts'

/** So many contents are removed in one go. */
const batchSize = 200

/** Removes contents that nothing refers to and that were last put more than a day ago. */
export function collectOrphans(objects: ObjectStore): PeriodicJob {
  return {
    name: 'collect-orphans',
    everyMs: 600_000,
    waitsForBackup: true,
    run: async (db) => {
      for (const sha256 of await findOrphans(db)) await collect(db, objects, sha256)
      return false
    },
  }
}

async function findOrphans(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ sha256: string }>(sql`
    SELECT sha256 FROM storage_object AS o
    WHERE kept_at < now() - interval '1 day' AND ${await unreferenced(db)} LIMIT ${batchSize}`)
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
