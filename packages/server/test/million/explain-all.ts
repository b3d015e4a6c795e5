import pg from 'pg'

/** What PostgreSQL is to tell of each statement, those in functions too, as settings of a database; see its `auto_explain`. */
const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_min_duration': '0',
}

/** Makes every session of a database tell the plan of each statement. Sessions that are open are ended, for only new ones do so. */
export async function explainAll(database: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(database)
  await client.connect()
  const name = (await client.query<{ name: string }>('SELECT current_database() AS name')).rows[0]?.name ?? ''
  for (const [setting, value] of Object.entries(settings))
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(name)} SET ${setting} = ${pg.escapeLiteral(value)}`)
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [name],
  )
  await client.end()
}

/** Makes this session an exception. */
export const explainNothing = (client: pg.Client) => client.query('SET auto_explain.log_min_duration = -1')
