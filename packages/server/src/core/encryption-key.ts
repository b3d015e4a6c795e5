import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import sql from 'sql-template-tag'
import type { Config } from '../config.ts'
import type { Db } from './db/database.ts'
import { keepOnce } from './keep-once.ts'
import { Sealer } from './sealer.ts'
import { StartError } from './start/start-error.ts'

type KeyConfig = Pick<Config, 'MASON_ENCRYPTION_KEY' | 'DATA_DIR'>

/**
 * The sealer under the platform's encryption key: the configured one, else the one in the data directory, which the first
 * start makes. The first key that meets a database is its key; of two first starts one is refused.
 *
 * @throws StartError when the database was sealed with another key, and what to do.
 */
export async function openSealer(db: Db, config: KeyConfig): Promise<Sealer> {
  const { MASON_ENCRYPTION_KEY: configured, DATA_DIR } = config
  const file = keyFile(DATA_DIR)
  const text = configured ?? (await readKeyFile(db, file))
  const sealer = new Sealer(Buffer.from(text, 'hex'))
  if (await isKeyOf(db, sealer)) return sealer
  const origin = configured === undefined ? `The key in ${file}` : 'MASON_ENCRYPTION_KEY'
  throw new StartError(`${origin} is not the encryption key that this database was sealed with. ${remedy}`)
}

export const keyFile = (dataDir: string) => path.join(dataDir, 'encryption-key')

const remedy =
  'Set MASON_ENCRYPTION_KEY to the same 64 digits on every node; they are in DATA_DIR/encryption-key of the node that was started first, and in its backup. If the key is lost for good, `mason-server encryption-key forget` gives up what it sealed'

/** The key that is set, else the one in the data directory, if there is one. */
export async function keyAtHand({ MASON_ENCRYPTION_KEY, DATA_DIR }: KeyConfig): Promise<string | undefined> {
  if (MASON_ENCRYPTION_KEY !== undefined) return MASON_ENCRYPTION_KEY
  const text = await readFile(keyFile(DATA_DIR), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text?.trim()
}

/** Whether a key is the one that this database was sealed with. */
export async function opens(db: Db, key: string): Promise<boolean> {
  const sealer = new Sealer(Buffer.from(key, 'hex'))
  return (await isSame(db, sealer)) ?? opensSealed(db, sealer)
}

async function readKeyFile(db: Db, file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartError(
      `${file} cannot be read (${error.code}); it must be a file that the user of this program may read. ${remedy}`,
    )
  })
  if (kept === undefined && (await isSealed(db)))
    throw new StartError(`${file} is missing, and this database was sealed with an encryption key. ${remedy}`)
  const text = (kept ?? (await keepOnce(file, randomBytes(32).toString('hex')))).trim()
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new StartError(`${file} must hold 64 hexadecimal digits and nothing else. ${remedy}`)
  return text
}

/** Whether something in the database can be read with a key alone. */
export async function isSealed(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ sealed: boolean }>(sql`
    SELECT EXISTS (SELECT FROM encryption_key) OR EXISTS (SELECT FROM signing_key) AS sealed`)
  return rows[0]?.sealed === true
}

/** Compares the key with the database's; a database that has none yet takes this one, if it opens what is sealed there. */
async function isKeyOf(db: Db, sealer: Sealer): Promise<boolean> {
  if (!(await opensSealed(db, sealer))) return false
  await db.query(sql`INSERT INTO encryption_key (check_value) VALUES (${checkValue(sealer)}) ON CONFLICT DO NOTHING`)
  return (await isSame(db, sealer)) === true
}

/** Nothing where the database has no check value yet. */
async function isSame(db: Db, sealer: Sealer): Promise<boolean | undefined> {
  const { rows } = await db.query<{ is_same: boolean }>(
    sql`SELECT check_value = ${checkValue(sealer)} AS is_same FROM encryption_key`,
  )
  return rows[0]?.is_same
}

const checkValue = (sealer: Sealer) => sealer.derive('check value')

async function opensSealed(db: Db, sealer: Sealer): Promise<boolean> {
  const { rows } = await db.query<{ private_key: Buffer }>(sql`
    SELECT private_key FROM signing_key WHERE NOT EXISTS (SELECT FROM encryption_key) ORDER BY created_at DESC LIMIT 1`)
  try {
    for (const { private_key } of rows) sealer.open(private_key)
    return true
  } catch {
    return false
  }
}

/**
 * Gives up the database's encryption key and what was sealed with it: signing keys, second factors, secrets of webhooks, kept
 * answers, recordings of X-Ray, and mail that waits. The next start makes a new one, or takes the configured one.
 */
export async function forgetKey(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(sql`DELETE FROM encryption_key`)
    await tx.query(sql`DELETE FROM signing_key`)
    await tx.query(
      sql`UPDATE app_user SET totp_secret = NULL, totp_pending = NULL WHERE num_nonnulls(totp_secret, totp_pending) > 0`,
    )
    await tx.query(sql`DELETE FROM recovery_code`)
    await tx.query(sql`
      UPDATE webhook SET is_enabled = false, previous_secret = NULL, previous_until = NULL,
        disabled_reason = 'its secret was given up with the encryption key: rotate it, then enable the webhook'`)
    await tx.query(sql`TRUNCATE idempotency, xray_recording, xray_recording_part`)
  })
}
