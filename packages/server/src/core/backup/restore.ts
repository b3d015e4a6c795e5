import { existsSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type pg from 'pg'
import type { Config } from '../../config.ts'
import type { Background } from '../background.ts'
import type { Database } from '../db/database.ts'
import { locks } from '../db/locks.ts'
import { migrateQueue } from '../db/migrate-queue.ts'
import type { OpenDatabase } from '../db/open.ts'
import { isSealed, keyAtHand, keyFile, opens } from '../encryption-key.ts'
import { keepOnce } from '../keep-once.ts'
import type { Backup, Head } from './contents.ts'
import { refuseUsedDatabase, refuseUsedFolder } from './empty.ts'
import { newer } from './faults.ts'
import { FileKeeper } from './keep-files.ts'
import { Loader } from './load.ts'
import { once } from './once.ts'
import { readBackup } from './read-backup.ts'

interface Restored {
  backup: Backup
  /** What is to be done before the start. */
  remarks: string[]
}

/** Undoes what was done, the last thing first. */
type Undo = (() => Promise<unknown>)[]

/**
 * Brings a platform back in an empty place: all of it, or nothing. The database commits when the backup was read to its end
 * and is whole.
 */
export async function restore(
  config: Config,
  input: Readable,
  background: Background,
  open: () => Promise<OpenDatabase>,
): Promise<Restored> {
  await refuseUsedFolder(config)
  const cluster = path.join(config.DATA_DIR, 'postgres')
  const isNew = { folder: !existsSync(config.DATA_DIR), cluster: !existsSync(cluster) }
  const { database, close } = await open()
  const undo: Undo = []
  let backup: Backup | undefined
  try {
    backup = await load(config, database, input, background, undo)
    await database.pool.query('SET statement_timeout = 0; ANALYZE')
    return { backup, remarks: await findRemarks(config, database, backup) }
  } finally {
    if (!backup) for (const step of undo.toReversed()) await step().catch(() => {})
    await close()
    if (!backup && isNew.cluster && config.DATABASE_URL === undefined)
      await rm(cluster, { recursive: true, force: true })
    if (!backup && isNew.folder) await rmdir(config.DATA_DIR).catch(() => {})
  }
}

async function load(
  config: Config,
  database: Database,
  input: Readable,
  background: Background,
  undo: Undo,
): Promise<Backup> {
  return once(database, 'BEGIN', async (client) => {
    await refuseStarting(client)
    await refuseUsedDatabase(client, config)
    undo.push(() => database.pool.query('DROP SCHEMA IF EXISTS graphile_worker CASCADE'))
    await migrateQueue(database)
    const loader = new Loader(client)
    const files = new FileKeeper(config, background)
    undo.push(() => files.remove())
    try {
      const backup = await readBackup(input, {
        head: async (head) => {
          await refuseNewerQueue(client, head)
          await loader.begin(head)
        },
        rows: (table, bytes) => loader.rows(table, bytes),
        file: (sha256, bytes) => files.keep(sha256, bytes),
        key: async (text) => {
          if ((await keyAtHand(config)) !== undefined) return
          undo.push(() => rm(keyFile(config.DATA_DIR)))
          await keepOnce(keyFile(config.DATA_DIR), text)
        },
      })
      await loader.end(backup.manifest.tables)
      return backup
    } finally {
      files.close()
    }
  })
}

/** Servers that start on this database wait until all is there. */
async function refuseStarting(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${locks.migration}) AS taken`,
  )
  if (!rows[0]?.taken) throw new Error('A server starts on this database, or another restore goes on: stop it first')
}

async function refuseNewerQueue(client: pg.ClientBase, { queueVersion, program }: Head): Promise<void> {
  const { rows } = await client.query<{ version: number }>('SELECT max(id) AS version FROM graphile_worker.migrations')
  if ((rows[0]?.version ?? 0) < queueVersion) throw newer(program, 'its queue')
}

async function findRemarks(config: Config, database: Database, { head }: Backup): Promise<string[]> {
  const remarks: string[] = []
  const key = await keyAtHand(config)
  const place = `set MASON_ENCRYPTION_KEY, or put the key of the old platform into ${keyFile(config.DATA_DIR)}`
  if (key === undefined ? await isSealed(database) : !(await opens(database, key)))
    remarks.push(
      key === undefined
        ? `The encryption key is not here, and the server does not start without it: ${place}`
        : `The encryption key here is not the one that this platform was sealed with, and the server does not start with it: ${place}`,
    )
  if (head.bucket !== null && head.bucket !== config.S3_BUCKET)
    remarks.push(
      `The files are not in the backup but in the bucket ${head.bucket}: set S3_BUCKET=${head.bucket}, or copy them`,
    )
  return remarks
}
