import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import type { Config } from '../../config.ts'

/** @throws when there is nothing that could be backed up; a bundled PostgreSQL would be made there. */
export function refuseMissing({ DATABASE_URL, DATA_DIR }: Config): void {
  if (DATABASE_URL === undefined && !existsSync(path.join(DATA_DIR, 'postgres')))
    throw new Error(`There is no platform in DATA_DIR=${DATA_DIR}: set DATA_DIR or DATABASE_URL as the server has it`)
}

/** @throws when the data directory has files of a platform already. */
export async function refuseUsedFolder({ DATA_DIR, S3_BUCKET }: Config): Promise<void> {
  if (S3_BUCKET !== undefined) return
  const folder = path.join(DATA_DIR, 'storage', 'objects')
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (found.length > 0)
    throw new Error(`${folder} has files already: a backup is restored into an empty DATA_DIR. Name another one`)
}

/** @throws when the database has anything that a restore could mix with. */
export async function refuseUsedDatabase(client: pg.ClientBase, { DATABASE_URL, DATA_DIR }: Config): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT c.oid::regclass::text AS name FROM pg_class AS c
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    ORDER BY relname <> 'account', relname LIMIT 1`)
  const [found] = rows
  if (!found && !(await hasJobs(client))) return
  const place = DATABASE_URL === undefined ? `DATA_DIR=${DATA_DIR}` : 'DATABASE_URL'
  throw new Error(
    `${place}: the database is not empty${found ? `, it has ${found.name}` : ''}. A backup is restored into an empty one; name another`,
  )
}

/** The queue's tables alone may be what a restore that was killed has left. */
async function hasJobs(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ isThere: boolean }>(
    `SELECT to_regclass('graphile_worker._private_jobs') IS NOT NULL AS "isThere"`,
  )
  if (!rows[0]?.isThere) return false
  const { rowCount } = await client.query('SELECT FROM graphile_worker._private_jobs LIMIT 1')
  return rowCount !== 0
}
