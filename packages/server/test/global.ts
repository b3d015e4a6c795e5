import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import type { TestProject } from 'vitest/node'
import { Background } from '../src/core/background.ts'
import { Database } from '../src/core/db/database.ts'
import { type EmbeddedPostgres, startEmbedded } from '../src/core/db/embedded.ts'
import { migrate } from '../src/core/db/migrate.ts'
import { startInstalled } from './installed-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL with a migrated database `template`, to be cloned by each test file. */
    postgres: { host: string; port: number; user: string }
  }
}

const log = { info: () => {}, error: console.error }

/** One real PostgreSQL for the whole run: the bundled one, or that of the programs in the folder `TEST_POSTGRES`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-test-'))
  const [prepared, { connection, stop }] = await Promise.all([prepare(path.join(folder, 'prepared')), open(folder)])
  process.env.PREPARED_DATA_DIR = prepared
  const { host = '', port = 0, user = '' } = connection
  project.provide('postgres', { host, port, user: String(user) })
  return async () => {
    await stop()
    await rm(folder, { recursive: true })
  }
}

/** Starts the PostgreSQL of the run, with its database `template`. */
async function open(folder: string): Promise<EmbeddedPostgres> {
  const programs = process.env.TEST_POSTGRES
  const postgres = programs
    ? await startInstalled(programs, folder, new Background(log))
    : await startEmbedded(folder, log, new Background(log))
  const { connection } = postgres
  await inDatabase(connection, 'postgres', async ({ pool }) => {
    // It is thrown away, crashes are the matter of tests that start the program itself, and hundreds of databases that are done
    // with would be visited for vacuuming, again and again.
    for (const setting of ['fsync', 'full_page_writes', 'autovacuum'])
      await pool.query(`ALTER SYSTEM SET ${setting} = off`)
    await pool.query('SELECT pg_reload_conf()')
    await pool.query('CREATE DATABASE template')
  })
  await inDatabase(connection, 'template', migrate)
  return postgres
}

/** What a first start of the program makes of a folder, to be copied by tests. */
async function prepare(folder: string): Promise<string> {
  const { connection, stop } = await startEmbedded(folder, log, new Background(log))
  await inDatabase(connection, 'postgres', migrate)
  await stop()
  return folder
}

async function inDatabase(
  connection: pg.ClientConfig,
  database: string,
  work: (db: Database) => Promise<unknown>,
): Promise<void> {
  const db = new Database({ ...connection, database, max: 2 })
  await work(db)
  await db.close()
}
