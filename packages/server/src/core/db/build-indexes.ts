import type { Database } from './database.ts'

const form = /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (\w+) ON /

/**
 * Builds indexes while the program goes on reading and writing their tables, each in its time. One whose building was cut off
 * is there but takes no part; it is built anew.
 */
export async function buildIndexes(database: Database, statements: string[]): Promise<void> {
  const client = await database.pool.connect()
  try {
    await client.query('SET statement_timeout = 0')
    for (const statement of statements) {
      const [, name] = form.exec(statement) ?? []
      if (name === undefined) throw new Error(`This is no CREATE INDEX CONCURRENTLY: ${statement.slice(0, 100)}`)
      const { rows } = await client.query<{ isValid: boolean }>(
        'SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass($1)',
        [name],
      )
      if (rows[0]?.isValid) continue
      if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY ${name}`)
      await client.query(statement)
    }
  } finally {
    // Its settings are not those of the others.
    client.release(true)
  }
}
