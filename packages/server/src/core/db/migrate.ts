import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { buildIndexes } from './build-indexes.ts'
import type { Database, Db } from './database.ts'
import { applyDefinitions, hasDefinitions } from './definitions.ts'
import { locks } from './locks.ts'
import { migrateQueue } from './migrate-queue.ts'
import { type Migration, readSchema, type Schema, statementsOf } from './migration-files.ts'
import { changeSchema, plain } from './patience.ts'

const askAgainMs = 500

/**
 * Brings the database to this program's version; safe to run from many nodes at once, beside nodes of the version before, and
 * again after it was cut off at any point.
 *
 * @returns the version.
 */
export async function migrate(database: Database, schema?: Schema): Promise<number> {
  const wanted = schema ?? (await readSchema())
  while (!(await isCurrent(database, wanted)))
    if (!(await runAlone(database, () => upgrade(database, wanted)))) await sleep(askAgainMs)
  await validateConstraints(database)
  await unifyCards(database)
  await migrateQueue(database)
  return newest(wanted)
}

export const migrationTable = sql`CREATE TABLE IF NOT EXISTS migration (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`

export const newest = ({ migrations }: Schema) => Math.max(...migrations.map(({ version }) => version))

/** Whether a database is as this schema makes it. */
export async function isCurrent(database: Db, { migrations, definitions }: Schema): Promise<boolean> {
  const applied = await readApplied(database)
  const isOurs = Math.max(...applied) === newest({ migrations, definitions })
  return (
    isOurs && migrations.every(({ version }) => applied.has(version)) && (await hasDefinitions(database, definitions))
  )
}

/**
 * Does the work unless another node does. The lock is held by a transaction that does nothing else: a session's own would be lost
 * behind a pooler, and who waited for it in a statement would hold up an index that is built concurrently. So would a
 * snapshot, which a statement with parameters keeps until the next one.
 */
async function runAlone(database: Database, work: () => Promise<void>): Promise<boolean> {
  return database.transaction(async (tx) => {
    await tx.query(plain('SET LOCAL idle_in_transaction_session_timeout = 0'))
    const { rows } = await tx.query<{ taken: boolean }>(
      plain(`SELECT pg_try_advisory_xact_lock(${locks.migration}) AS taken`),
    )
    if (!rows[0]?.taken) return false
    await work()
    return true
  })
}

async function upgrade(database: Database, schema: Schema): Promise<void> {
  const { migrations, definitions } = schema
  await changeSchema(database, (tx) => tx.query(migrationTable))
  const applied = await readApplied(database)
  const current = Math.max(0, ...applied)
  if (current > newest(schema))
    throw new Error(
      `The database is at version ${current} and this program knows only ${newest(schema)}: it was migrated by a newer program. Run that one.`,
    )
  const missing = migrations.filter(({ version }) => !applied.has(version))
  const stages = stagesOf(missing)
  for (const [index, { together, after }] of stages.entries()) {
    const isLast = index === stages.length - 1
    // What a migration drops is there again when its transaction ends: programs that use it go on.
    await changeSchema(database, async (tx) => {
      for (const migration of together) {
        await tx.query(plain(migration.text))
        await note(tx, migration)
      }
      if (isLast) await applyDefinitions(tx, definitions)
    })
    for (const migration of after) await runOutside(database, migration)
  }
}

interface Stage {
  /** In one transaction. */
  together: Migration[]
  after: Migration[]
}

/** What takes long comes behind all that a transaction can do; only a contract waits for it. */
export function stagesOf(missing: Migration[]): [...Stage[], Stage] {
  const stage: Stage = { together: [], after: [] }
  const stages: [...Stage[], Stage] = [stage]
  for (const migration of missing) {
    let last = stages.at(-1) ?? stage
    if (migration.kind === 'contract' && last.after.length > 0) {
      last = { together: [], after: [] }
      stages.push(last)
    }
    const isTogether = migration.kind === 'plain' || migration.kind === 'contract'
    last[isTogether ? 'together' : 'after'].push(migration)
  }
  return stages
}

async function runOutside(database: Database, migration: Migration): Promise<void> {
  if (migration.kind === 'concurrent') await buildIndexes(database, statementsOf(migration))
  else for (const statement of statementsOf(migration)) await repeat(database, statement)
  await note(database, migration)
}

/** Each portion is a transaction of its own; after a cut-off, the next start goes on with what is left. */
async function repeat(database: Database, statement: string): Promise<void> {
  let changed: number | null
  do {
    const { rowCount } = await changeSchema(database, (tx) => tx.query(plain(statement)))
    changed = rowCount
  } while (changed)
}

async function note(db: Db, { version, name }: Migration): Promise<void> {
  await db.query(sql`INSERT INTO migration (version, name) VALUES (${version}, ${name})`)
}

/** A database without the table is a new one. */
export async function readApplied(db: Db): Promise<Set<number>> {
  const { rows: tables } = await db.query<{ exists: boolean }>(
    sql`SELECT to_regclass('migration') IS NOT NULL AS exists`,
  )
  if (!tables[0]?.exists) return new Set()
  const { rows } = await db.query<{ version: number }>(sql`SELECT version FROM migration`)
  return new Set(rows.map(({ version }) => version))
}

/**
 * Migrations add constraints as NOT VALID, which looks at no row. Each is validated here, in a transaction of its own: that
 * reads the whole table, but nobody who reads or writes it has to wait.
 */
async function validateConstraints(database: Database): Promise<void> {
  for (const statement of await validations(database)) await changeSchema(database, (tx) => tx.query(plain(statement)))
}

/** Statements that validate the constraints which are not. */
export async function validations(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ statement: string }>(sql`
    SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) AS statement
    FROM pg_constraint
    WHERE contype = 'c' AND NOT convalidated AND connamespace = current_schema()::regnamespace
    ORDER BY statement`)
  return rows.map(({ statement }) => statement)
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
