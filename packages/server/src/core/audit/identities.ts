import { createHmac, randomBytes } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** Members whose values say which device, card or person it is. */
const identifying = new Set('serialnumber serialNumber imei imeiLock iccid iccids eid imsi msisdn email'.split(' '))

/** A shorter one is replaced only where it stands by itself: it would be found in all kinds of words. */
const shortestInside = 6

/** The values in a document that identify something. */
export const identifiersIn = (value: unknown): Set<string> => new Set(walk(value))

function* walk(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value))
    if (identifying.has(name)) yield* [inner].flat().filter((one) => typeof one === 'string' && one !== '')
    else yield* walk(inner)
}

/** The same value with a keyed hash wherever one of these stands, also inside of a name or a path. */
export function withHashes(value: unknown, hashes: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return replaced(value, hashes)
  if (Array.isArray(value)) return value.map((one) => withHashes(one, hashes))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withHashes(inner, hashes)]))
}

function replaced(text: string, hashes: ReadonlyMap<string, string>): string {
  const whole = hashes.get(text)
  if (whole !== undefined) return whole
  let told = text
  for (const [value, hash] of hashes) if (value.length >= shortestInside) told = told.replaceAll(value, hash)
  return told
}

interface Identity {
  value: string
  token: string
}

/**
 * The keyed hashes of values. Each value of an account has a key of its own, which is kept beside it: the trail shows the
 * value until an erasure deletes both.
 */
export async function hashesOf(tx: Db, accountId: string, values: ReadonlySet<string>): Promise<Map<string, string>> {
  if (values.size === 0) return new Map()
  // All writers take them in one order.
  const wanted = [...values].sort()
  const made = wanted.map((value) => {
    const key = randomBytes(32)
    return { value, key, token: `hash:${createHmac('sha256', key).update(value).digest('base64url')}` }
  })
  // Those that are known are not locked; only of the first entry of a value others wait for the end.
  const read = async () =>
    (
      await tx.query<Identity & { isOld: boolean }>(sql`
        SELECT value, token, used_on < utc_day(now()) AS "isOld" FROM audit_identity
        WHERE account_id = ${accountId} AND value = ANY (${wanted})`)
    ).rows
  let known = await read()
  if (known.length < wanted.length) {
    await tx.query(sql`
      INSERT INTO audit_identity (account_id, value, key, token)
      SELECT ${accountId}, value, key, token
      FROM unnest(${made.map(({ value }) => value)}::text[], ${made.map(({ key }) => key)}::bytea[], ${made.map(({ token }) => token)}::text[])
        AS made (value, key, token)
      ON CONFLICT (account_id, value) DO NOTHING`)
    known = await read()
  }
  const old = known.filter(({ isOld }) => isOld).map(({ value }) => value)
  if (old.length > 0)
    await tx.query(sql`
      UPDATE audit_identity SET used_on = utc_day(now())
      WHERE (account_id, value) IN (
        SELECT account_id, value FROM audit_identity WHERE account_id = ${accountId} AND value = ANY (${old})
        ORDER BY value FOR NO KEY UPDATE SKIP LOCKED)`)
  return new Map(known.map(({ value, token }) => [value, token]))
}

/** Destroys the keys of values: what they were can no longer be told from the trail, whose chain stays whole. */
export async function forgetIdentities(tx: Db, accountId: string, values: readonly string[]): Promise<void> {
  await tx.query(sql`DELETE FROM audit_identity WHERE account_id = ${accountId} AND value = ANY (${values})`)
}
