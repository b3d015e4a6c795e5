import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { Database } from '../src/core/db/database.ts'
import { readSchema, type Schema, statementsOf } from '../src/core/db/migration-files.ts'

/** What this program makes of a database. */
export const shipped: Schema = await readSchema()

/**
 * Connections of their own to a database of this run; closed when the test ends. Each test says so by itself: a hook of this file
 * would be one of the first test file that imports it.
 */
export function openDatabase(name: string, options: pg.PoolConfig = {}): Database {
  const database = new Database({ ...inject('postgres'), database: name, max: 6, ...options })
  onTestFinished(() => database.close())
  return database
}

export async function newDatabase(template = 'template0'): Promise<Database> {
  const name = `upgrade_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  return openDatabase(name)
}

/** A statement to the PostgreSQL of the tests. */
export async function asAdmin(statement: string): Promise<void> {
  const admin = new Database({ ...inject('postgres'), database: 'postgres', max: 1 })
  await admin.pool.query(statement)
  await admin.close()
}

/** A database as a program of that version left it. */
export async function databaseAt(version: number): Promise<pg.Pool & { database: Database }> {
  const database = await newDatabase()
  await database.pool.query(
    'CREATE TABLE migration (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  )
  for (const migration of shipped.migrations.filter((one) => one.version <= version)) {
    const isWhole = migration.kind === 'plain' || migration.kind === 'contract'
    // Nobody else is on it, and PostgreSQL builds no index of a table in partitions beside others.
    for (const text of isWhole ? [migration.text] : statementsOf(migration))
      await database.pool.query(text.replace('CREATE INDEX CONCURRENTLY', 'CREATE INDEX'))
    await database.pool.query('INSERT INTO migration (version, name) VALUES ($1, $2)', [
      migration.version,
      migration.name,
    ])
  }
  return Object.assign(database.pool, { database })
}
