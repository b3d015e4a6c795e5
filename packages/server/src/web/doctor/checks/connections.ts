import sql from 'sql-template-tag'
import { ofDatabase } from '../check.ts'

const fullShare = 0.9

/** PostgreSQL, and how many connections are left there. */
export const connections = ofDatabase('database', async (database) => {
  const { rows } = await database.query<{ version: string; used: number; most: number }>(sql`
    SELECT current_setting('server_version') AS version, count(*)::int AS used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most
    FROM pg_stat_activity WHERE backend_type = 'client backend'`)
  const { version = '', used = 0, most = 0 } = rows[0] ?? {}
  const inUse = `${used} of the ${most} connections to PostgreSQL are in use`
  return {
    seen: `PostgreSQL ${version}, a primary; ${inUse}`,
    ...(used >= most * fullShare && {
      warnings: [`${inUse}; raise its max_connections, or lower DATABASE_POOL_SIZE`],
    }),
  }
})
