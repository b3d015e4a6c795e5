import { Logger, runMigrations } from 'graphile-worker'
import type { Database } from './database.ts'

/** What matters of the queue is counted and logged elsewhere. */
export const silent = new Logger(() => () => {})

/** Brings the queue's own tables to this program's version. */
export async function migrateQueue(database: Database): Promise<void> {
  await runMigrations({ pgPool: database.pool, logger: silent })
}
