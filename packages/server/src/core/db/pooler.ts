import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import { StartError } from '../start/start-error.ts'
import { type Database, sessionSettings } from './database.ts'

/**
 * A pooler such as PgBouncer may stand in front of PostgreSQL. In transaction mode it must carry prepared statements from
 * one connection to another, and it may drop what connections set when they begin.
 *
 * @throws StartError that says what to set.
 */
export async function refusePooler(database: Database): Promise<void> {
  const [one, other] = await Promise.all([database.pool.connect(), database.pool.connect()])
  try {
    await refuseDroppedSettings(one)
    await refuseLostStatements(one, other)
  } finally {
    one.release(true)
    other.release(true)
  }
}

async function refuseDroppedSettings(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ name: string; setting: string; role: string }>(
    'SELECT name, setting, quote_ident(current_user) AS role FROM pg_settings WHERE name = ANY ($1)',
    [Object.keys(sessionSettings)],
  )
  const statements = rows.flatMap(({ name, setting, role }) => {
    const wanted = String(sessionSettings[name as keyof typeof sessionSettings])
    return setting === wanted ? [] : [`ALTER ROLE ${role} SET ${name} = '${wanted}'`]
  })
  if (statements.length === 0) return
  throw new StartError(
    `DATABASE_URL: the pooler in front of PostgreSQL drops start-up parameters. Set them in PostgreSQL: ${statements.join('; ')}; then reconnect the pooler (RECONNECT)`,
  )
}

/** Two sessions may each prepare a statement of one name; a pooler that does not follow them mixes the two up. */
async function refuseLostStatements(one: PoolClient, other: PoolClient): Promise<void> {
  const name = `trial-${randomUUID()}`
  try {
    for (const [client, text] of [
      [one, 'SELECT 1 AS one'],
      [other, 'SELECT 2 AS two'],
      [one, 'SELECT 1 AS one'],
    ] as const)
      await client.query({ name, text })
  } catch (error) {
    // 42P05: prepared already; 26000: not prepared.
    if (!/^(42P05|26000)$/.test((error as { code?: string }).code ?? '')) throw error
    throw new StartError(
      'DATABASE_URL: PgBouncer in transaction mode loses prepared statements. Use PgBouncer 1.21 or newer with max_prepared_statements = 1000, or pool_mode = session',
    )
  }
}
