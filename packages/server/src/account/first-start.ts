import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import sql from 'sql-template-tag'
import { generateKey } from '../apikey/key.ts'
import type { Config } from '../config.ts'
import type { Db } from '../db/database.ts'
import * as accounts from './service.ts'

const advisoryLock = 7_310_003

/**
 * Makes the first account where there is none, once, however many nodes start at the same time. The generated key is in
 * its file before it is in the database: a crash in between costs nothing.
 *
 * @returns the generated key, to be shown once; nothing when the account exists or the key was configured.
 */
export async function firstStart(db: Db, config: Config): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    await tx.query(sql`SELECT pg_advisory_xact_lock(${advisoryLock})`)
    if (await accounts.find(tx)) return undefined
    const key = config.MASON_OWNER_KEY ?? (await keepKey(config.DATA_DIR))
    await accounts.create(tx, 'default', key, true)
    return config.MASON_OWNER_KEY === undefined ? key : undefined
  })
}

async function keepKey(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'owner-key')
  await writeFile(file, `${generateKey()}\n`, { mode: 0o600, flag: 'wx', flush: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  return (await readFile(file, 'utf8')).trim()
}
