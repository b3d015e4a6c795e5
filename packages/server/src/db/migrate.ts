import { readdir, readFile } from 'node:fs/promises'
import sql from 'sql-template-tag'
import { migrateQueue } from '../jobs/queue.ts'
import type { Database, Db } from './database.ts'

const folder = new URL('../../migrations/', import.meta.url)
const advisoryLock = 7_310_001

/** Brings the database to this program's version; safe to run from many nodes at once. */
export async function migrate(database: Database): Promise<number> {
  const files = await migrationFiles()
  const version = await database.transaction(async (db) => {
    await db.query(sql`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    await db.query(
      sql`CREATE TABLE IF NOT EXISTS migration (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const current = await currentVersion(db)
    const newest = files.length
    if (current > newest)
      throw new Error(
        `The database is at version ${current} and this program knows only ${newest}: it was migrated by a newer program. Run that one.`,
      )
    for (const [index, name] of files.entries()) {
      const version = index + 1
      if (version <= current) continue
      await db.query({ text: await readFile(new URL(name, folder), 'utf8'), values: [], name: '' })
      await db.query(sql`INSERT INTO migration (version, name) VALUES (${version}, ${name})`)
    }
    return newest
  })
  await unifyCards(database)
  await migrateQueue(database)
  return version
}

/** The files in order. Their numbers are the versions, so none may be missing: one that came later would never be applied. */
async function migrationFiles(): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  const misnumbered = files.find((name, index) => Number.parseInt(name, 10) !== index + 1)
  if (misnumbered) throw new Error(`The number of the migration ${misnumbered} does not follow the one before it`)
  return files
}

/** Few at a time, for each may have years of usage; a start that was cut short goes on with the rest. */
const cardsInPortion = 20

/** Cards that were registered or reported by 18 digits get the one form that ICCIDs have. */
async function unifyCards(database: Database): Promise<void> {
  let done: number
  do {
    const { rows } = await database.query<{ done: number }>(sql`SELECT unify_cards(${cardsInPortion}) AS done`)
    done = rows[0]?.done ?? 0
  } while (done > 0)
}

async function currentVersion(db: Db): Promise<number> {
  const { rows } = await db.query<{ version: number }>(sql`SELECT coalesce(max(version), 0) AS version FROM migration`)
  return rows[0]?.version ?? 0
}
