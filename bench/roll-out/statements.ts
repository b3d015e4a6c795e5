import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Platform } from '../platform.ts'

interface Statements {
  begin(client: pg.Client): Promise<void>
  print(client: pg.Client, say: (line: string) => void): Promise<void>
}

/** Has PostgreSQL count the time of every statement, of those in functions as well; it starts anew for that. */
export async function countStatements({ connection }: Platform): Promise<Statements> {
  await once(connection, async (client) => {
    await client.query(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`)
    await client.query(`ALTER SYSTEM SET pg_stat_statements.track = 'all'`)
    await client.query('ALTER SYSTEM SET pg_stat_statements.track_planning = on')
    const { rows } = await client.query<{ pid: number }>(
      `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid`,
    )
    process.kill(rows[0]?.pid ?? 0, 'SIGINT')
  })
  for (let isThere = false; !isThere; await sleep(500))
    isThere = await once(connection, (client) => client.query('CREATE EXTENSION pg_stat_statements')).then(
      () => true,
      () => false,
    )
  return {
    begin: async (client) => {
      await client.query('SELECT pg_stat_statements_reset()')
    },
    print: async (client, say) => {
      const { rows } = await client.query<{ line: string }>(`
        SELECT round(total_exec_time) || ' ms, planned in ' || round(total_plan_time) || ' ms, ' || calls || ' calls, ' || rows || ' rows, '  || wal_bytes || ' B, ' || shared_blks_hit || ' hits' ||
               CASE WHEN toplevel THEN ': ' ELSE ' (nested): ' END || left(regexp_replace(query, '\\s+', ' ', 'g'), 160) AS line
        FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 20`)
      for (const { line } of rows) say(`    ${line}`)
    },
  }
}

async function once(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
