import type { SignIn } from '@mason/contract/auth'
import sql, { empty } from 'sql-template-tag'
import type { OwnSession } from '../../core/actor.ts'
import { actsAs } from '../../core/audit/draft.ts'
import { deviceMark, networkMark, networkOf } from '../../core/connection/network.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import type { Sealer } from '../../core/sealer.ts'
import { normalEmail } from '../user/email.ts'
import { isPassword } from '../user/password.ts'
import type { UserRef } from '../user/set-password.ts'
import { endSession, type OpenedSession, openSession, type Visitor } from './session.ts'
import { type Bucket, bucketsOf, countGuess, type Origin, takeGuessBack } from './throttle.ts'
import { useCode } from './totp.ts'

/** A user whose password was right. */
export interface RecognizedUser extends UserRef {
  email: string
  passwordHash: string
  tokenGeneration: number
  hasTotp: boolean
  isTotpRequired: boolean
}

/** An address may be a user of several accounts; the password then says which. */
const maxCandidates = 5

/** A user whom the address may mean, and whether that very user is known in this browser and at this place. */
interface Candidate extends RecognizedUser {
  isKnownDevice: boolean
  isKnownNetwork: boolean
}

/**
 * Who has this password. Unknown addresses, users who cannot sign in and wrong passwords take the same time and get the same
 * refusal; too many of them a 429. What is known of browsers and places counts for the one user whom it is known of: the
 * same address may be somebody else's guest in another account.
 *
 * @param db never a transaction: a refusal must not undo the count of guesses.
 */
export async function recognize(
  db: Db,
  { email, password, account }: SignIn,
  visitor: Visitor,
): Promise<RecognizedUser> {
  const address = normalEmail(email)
  const candidates = await findCandidates(db, address, account, visitor)
  const counted = new Map<string, Bucket>()
  let isFull: AppError | undefined
  let isTried = false
  for (const user of candidates.length > 0 ? candidates : [undefined]) {
    const buckets = bucketsOf(`password ${address}`, originOf(user, visitor))
    const fresh = buckets.filter(({ name }) => !counted.has(name))
    const refusal = fresh.length > 0 ? await refusalOf(countGuess(db, fresh)) : undefined
    isFull ??= refusal
    if (refusal) continue
    if ((await isPassword(password, user?.passwordHash)) && user) {
      // It was a wrong guess at whoever was tried before.
      await takeGuessBack(db, fresh)
      return user
    }
    isTried = true
    for (const bucket of fresh) counted.set(bucket.name, bucket)
  }
  if (isFull && !isTried) throw isFull
  throw new AppError('authentication_error', 'The e-mail address or the password is wrong')
}

async function findCandidates(
  db: Db,
  email: string,
  account: string | undefined,
  visitor: Visitor,
): Promise<Candidate[]> {
  const device = visitor.device === undefined ? null : deviceMark(visitor.device)
  const isKnownBy = (mark: Buffer | null) => sql`
    EXISTS (SELECT FROM known_place AS p WHERE p.account_id = u.account_id AND p.user_id = u.id AND p.mark = ${mark})`
  const { rows } = await db.query<Candidate>(sql`
    SELECT u.account_id AS "accountId", u.id, u.email, u.password_hash AS "passwordHash",
      u.token_generation AS "tokenGeneration", u.totp_secret IS NOT NULL AS "hasTotp",
      a.totp_required AS "isTotpRequired", ${isKnownBy(device)} AS "isKnownDevice",
      ${isKnownBy(networkMark(visitor.address))} AS "isKnownNetwork"
    FROM app_user AS u JOIN account AS a ON a.id = u.account_id
    WHERE u.email = ${email} AND u.password_hash IS NOT NULL AND u.joined_at IS NOT NULL AND u.disabled_at IS NULL
      AND u.deleted_at IS NULL ${account === undefined ? empty : sql`AND a.name = ${account}`}
    ORDER BY u.created_at LIMIT ${maxCandidates}`)
  return rows
}

function originOf(user: Candidate | undefined, visitor: Visitor): Origin {
  const mark = user?.isKnownDevice && visitor.device !== undefined ? deviceMark(visitor.device) : undefined
  return {
    address: networkOf(visitor.address),
    device: user && mark ? `of ${user.accountId} ${user.id} ${mark.toString('hex')}` : undefined,
    isKnown: user?.isKnownNetwork ?? false,
  }
}

async function refusalOf(counting: Promise<void>): Promise<AppError | undefined> {
  try {
    await counting
    return undefined
  } catch (error) {
    if (error instanceof AppError && error.type === 'rate_limit_error') return error
    throw error
  }
}

/** What guesses of this visitor at a code of this user are counted in. */
async function codeBuckets(db: Db, { accountId, id }: UserRef, visitor: Visitor): Promise<Bucket[]> {
  const device = visitor.device === undefined ? undefined : deviceMark(visitor.device)
  const { rows } = await db.query<{ mark: Buffer }>(sql`
    SELECT mark FROM known_place WHERE account_id = ${accountId} AND user_id = ${id}
      AND mark = ANY (${[networkMark(visitor.address), ...(device ? [device] : [])]})`)
  const isKnownDevice = device !== undefined && rows.some(({ mark }) => mark.equals(device))
  return bucketsOf(`code ${accountId} ${id}`, {
    address: networkOf(visitor.address),
    device: isKnownDevice ? device.toString('hex') : undefined,
    isKnown: rows.length > 0,
  })
}

/** Whether nobody has ever signed in to this platform. */
export async function isNew(db: Db): Promise<boolean> {
  const { rowCount } = await db.query(sql`SELECT FROM app_user WHERE last_sign_in_at IS NOT NULL LIMIT 1`)
  return rowCount === 0
}

/** Signs in by password; a second step may remain. */
export async function signIn(db: Db, input: SignIn, visitor: Visitor): Promise<OpenedSession> {
  const user = await recognize(db, input, visitor)
  return db.transaction((tx) => openSession(tx, user, visitor, { passwordHash: user.passwordHash }))
}

/** The second step: a new session takes the place of the one that waited, so that a token from before it is worth nothing. */
export async function giveCode(
  db: Db,
  sealer: Sealer,
  session: OwnSession,
  code: string,
  visitor: Visitor,
): Promise<OpenedSession> {
  if (session.state !== 'totpRequired') throw new AppError('conflict_error', 'This session is not waiting for a code')
  return withCode(db, sealer, session, code, visitor, async (tx) => {
    const { accountId, userId } = session
    const opened = await openSession(tx, { accountId, id: userId }, visitor, { secondFactor: 'given' })
    if (!(await endSession(tx, session))) throw new AppError('authentication_error', 'The session has ended')
    return opened
  })
}

/** Does what takes a code of the second factor, in the transaction that uses the code up; wrong codes are counted. */
export async function withCode<T>(
  db: Db,
  sealer: Sealer,
  { accountId, userId }: OwnSession,
  code: string,
  visitor: Visitor,
  work: (tx: Db) => Promise<T>,
): Promise<T> {
  const user = { accountId, id: userId }
  const buckets = await codeBuckets(db, user, visitor)
  await countGuess(db, buckets)
  const result = await db.transaction(async (tx) => {
    if (!(await useCode(tx, sealer, user, code))) throw invalid('/code', 'is wrong, or was used before')
    actsAs(tx, user)
    return work(tx)
  })
  await takeGuessBack(db, buckets)
  return result
}
