import { randomInt } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { hashSecret } from '../../core/key.ts'
import type { Sealer } from '../../core/sealer.ts'
import type { UserRef } from '../user/set-password.ts'

const periodSeconds = 30
const issuer = 'Mason Platform'
const recoveryCodes = 10
/** Without letters and digits that look alike. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A new secret, to be typed or shown as a QR code. */
export function newSecret(email: string): { secret: string; uri: string } {
  const totp = new TOTP({ issuer, label: email, secret: new Secret({ size: 20 }) })
  return { secret: totp.secret.base32, uri: totp.toString() }
}

/** The time step (RFC 6238) that the code is of, at most one away from now; undefined for a wrong code. */
export function stepOf(secret: string, code: string): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const timestamp = Date.now()
  const delta = new TOTP({ secret: Secret.fromBase32(secret) }).validate({ token: code, window: 1, timestamp })
  return delta === null ? undefined : Math.floor(timestamp / 1000 / periodSeconds) + delta
}

/** Whether the code is right, of the app or for recovery, and is used for the first time; it is used up with that. */
export async function useCode(tx: Db, sealer: Sealer, user: UserRef, code: string): Promise<boolean> {
  const text = code.replace(/[\s-]/g, '').toLowerCase()
  return /^\d{6}$/.test(text) ? useTotp(tx, sealer, user, text) : useRecoveryCode(tx, user, text)
}

async function useTotp(tx: Db, sealer: Sealer, { accountId, id }: UserRef, code: string): Promise<boolean> {
  const { rows } = await tx.query<{ totp_secret: Buffer }>(sql`
    SELECT totp_secret FROM app_user WHERE account_id = ${accountId} AND id = ${id} AND totp_secret IS NOT NULL`)
  const step = rows[0] && stepOf(sealer.open(rows[0].totp_secret), code)
  if (step === undefined) return false
  const { rowCount } = await tx.query(sql`
    UPDATE app_user SET totp_step = ${step} WHERE account_id = ${accountId} AND id = ${id} AND totp_step < ${step}`)
  return rowCount === 1
}

async function useRecoveryCode(tx: Db, { accountId, id }: UserRef, code: string): Promise<boolean> {
  const { rowCount } = await tx.query(sql`
    DELETE FROM recovery_code WHERE account_id = ${accountId} AND user_id = ${id} AND hash = ${hashSecret(code)}`)
  return rowCount === 1
}

/** New recovery codes in place of all others; only hashes of them are kept. */
export async function replaceRecoveryCodes(tx: Db, { accountId, id }: UserRef): Promise<string[]> {
  const letters = (length: number) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
  const codes = Array.from({ length: recoveryCodes }, () => letters(10))
  await tx.query(sql`DELETE FROM recovery_code WHERE account_id = ${accountId} AND user_id = ${id}`)
  await tx.query(sql`
    INSERT INTO recovery_code (account_id, user_id, hash)
    SELECT ${accountId}, ${id}, hash FROM unnest(${codes.map(hashSecret)}::bytea[]) AS c (hash)`)
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}
