import sql from 'sql-template-tag'
import type { Database, Db } from './database.ts'
import { changeSchema, plain } from './patience.ts'

const form = /^CREATE (UNIQUE )?INDEX CONCURRENTLY (\w+) ON (\w+)\s+(.+)$/s

interface Index {
  name: string
  table: string
  /** What stands before and behind the name and the table. */
  kind: string
  rest: string
}

/**
 * Builds indexes while the program goes on reading and writing their tables, each in its time. One whose building was cut off
 * is there but takes no part; it is built anew.
 */
export async function buildIndexes(database: Database, statements: string[]): Promise<void> {
  for (const statement of statements) {
    const [, kind = '', name = '', table = '', rest = ''] = form.exec(statement) ?? []
    if (name === '') throw new Error(`This is no CREATE INDEX CONCURRENTLY: ${statement.slice(0, 100)}`)
    const index = { name, table, kind, rest }
    if (await isPartitioned(database, table)) await buildByPartitions(database, index)
    else await build(database, index)
  }
}

async function build(database: Database, { name, table, kind, rest }: Index): Promise<void> {
  const client = await database.pool.connect()
  try {
    await client.query('SET statement_timeout = 0')
    const { rows } = await client.query<{ isValid: boolean }>(
      'SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass($1)',
      [name],
    )
    if (rows[0]?.isValid) return
    if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY ${name}`)
    await client.query(`CREATE ${kind}INDEX CONCURRENTLY ${name} ON ${table} ${rest}`)
  } finally {
    // Its settings are not those of the others.
    client.release(true)
  }
}

/** PostgreSQL builds the index of a partition concurrently, but not that of the whole table: it becomes valid with the last part. */
async function buildByPartitions(database: Database, index: Index): Promise<void> {
  const { name, table, kind, rest } = index
  await changeSchema(database, (tx) =>
    tx.query(plain(`CREATE ${kind}INDEX IF NOT EXISTS ${name} ON ONLY ${table} ${rest}`)),
  )
  for (const partition of await partitionsWithout(database, index)) {
    const part = `${partition}_${name}`
    await build(database, { ...index, name: part, table: partition })
    await changeSchema(database, (tx) => tx.query(plain(`ALTER INDEX ${name} ATTACH PARTITION ${part}`)))
  }
}

async function isPartitioned(db: Db, table: string): Promise<boolean> {
  const { rowCount } = await db.query(sql`SELECT FROM pg_class WHERE oid = to_regclass(${table}) AND relkind = 'p'`)
  return rowCount === 1
}

/** A partition that begins later has all indexes of its table from the start. */
async function partitionsWithout(db: Db, { name, table }: Index): Promise<string[]> {
  const { rows } = await db.query<{ partition: string }>(sql`
    SELECT inhrelid::regclass::text AS partition FROM pg_inherits AS part
    WHERE inhparent = to_regclass(${table}) AND NOT EXISTS (
      SELECT FROM pg_inherits AS i JOIN pg_index AS x ON x.indexrelid = i.inhrelid
      WHERE i.inhparent = to_regclass(${name}) AND x.indrelid = part.inhrelid)
    ORDER BY partition`)
  return rows.map(({ partition }) => partition)
}
