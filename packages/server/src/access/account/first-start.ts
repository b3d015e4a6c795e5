import path from 'node:path'
import sql from 'sql-template-tag'
import type { Config } from '../../config.ts'
import type { Db } from '../../core/db/database.ts'
import { locks } from '../../core/db/locks.ts'
import { keepOnce } from '../../core/keep-once.ts'
import { generateKey } from '../../core/key.ts'
import { createOwner, type NewOwner } from '../user/owner.ts'
import * as accounts from './service.ts'

/** What is shown on the first start, and never again. */
interface Shown {
  /** Nothing when the account exists or the key was configured. */
  ownerKey?: string | undefined
  /** The first user; nothing where the account has users. */
  owner?: NewOwner | undefined
}

/**
 * Makes the first account where there is none, and its first user where it has none, once, however many nodes start at the
 * same time. The generated key is in its file before it is in the database: a crash in between costs nothing.
 */
export async function firstStart(db: Db, config: Config): Promise<Shown> {
  return db.transaction(async (tx) => {
    await tx.query(sql`SELECT pg_advisory_xact_lock(${locks.firstStart})`)
    const known = await accounts.find(tx)
    if (known) return { owner: await createOwner(tx, known.id, config.MASON_OWNER_EMAIL) }
    const key =
      config.MASON_OWNER_KEY ?? (await keepOnce(path.join(config.DATA_DIR, 'owner-key'), `${generateKey()}\n`)).trim()
    const { account } = await accounts.create(tx, 'default', key, true)
    const owner = await createOwner(tx, account.id, config.MASON_OWNER_EMAIL)
    return { owner, ownerKey: config.MASON_OWNER_KEY === undefined ? key : undefined }
  })
}
