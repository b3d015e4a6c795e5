import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { Background } from '../../src/core/background.ts'
import { Database } from '../../src/core/db/database.ts'
import { startEmbedded } from '../../src/core/db/embedded.ts'
import { migrate } from '../../src/core/db/migrate.ts'
import { fill } from './fill.ts'

const size = Number(process.env.MILLION_DEVICES ?? 1_000_000)
const folder = path.resolve(
  process.env.MILLION_DIR ?? path.join(import.meta.dirname, '../../../../.cache/million'),
  String(size),
)
const quiet = { info: () => {}, error: console.error }

/** A PostgreSQL that is kept between runs; its database `template` is filled in the first and migrated in later ones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const { connection, stop } = await startEmbedded(folder, quiet, new Background(quiet))
  const admin = new pg.Client({ ...connection, database: 'postgres' })
  await admin.connect()
  // What PostgreSQL knows of the tables is what the test says.
  await admin.query('ALTER SYSTEM SET autovacuum = off')
  await admin.query('SELECT pg_reload_conf()')
  await removeLeftOvers(admin)
  const { rows } = await admin.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname = 'template'`,
  )
  const name = rows.length > 0 ? 'template' : 'draft'
  if (name === 'draft') await admin.query('CREATE DATABASE draft')
  const database = new Database({ ...connection, database: name, max: 2 })
  await migrate(database)
  if (name === 'draft') await fill(database, size)
  await database.close()
  // Only one that was filled to its end bears the name.
  if (name === 'draft') await admin.query('ALTER DATABASE draft RENAME TO template')
  await admin.end()
  const { host = '', port = 0, user = '' } = connection
  project.provide('postgres', { host, port, user: String(user) })
  return stop
}

/** Copies that earlier runs worked on, and a draft that was not finished. */
async function removeLeftOvers(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname = 'draft' OR datname LIKE 'test\\_%'`,
  )
  for (const { name } of rows) await admin.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`)
}
