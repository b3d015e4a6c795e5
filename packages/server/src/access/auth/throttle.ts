import { hash } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'

/** How many guesses may be wrong at once, and how many a second are forgiven. */
interface Allowance {
  burst: number
  perSecond: number
}

/** A leaky bucket of guesses by its name. */
export interface Bucket extends Allowance {
  name: string
}

const minute = 1 / 60
const hour = minute / 60

/** At one thing from one place. */
const onePlace: Allowance = { burst: 10, perSecond: minute }
/** At one thing from all places that it was not yet used from (NIST SP 800-63B allows 100). */
const allPlaces: Allowance = { burst: 100, perSecond: 10 * hour }
/** From one address, at whatever. */
const oneAddress: Allowance = { burst: 300, perSecond: 2 * minute }

/** Where somebody guesses from: an address, and whether the owner of what is guessed at has been there before. */
export interface Origin {
  address: string
  /** The mark of a browser that the user signed in by: it is counted by itself. */
  device?: string | undefined
  isKnown: boolean
}

/**
 * What guesses at `subject` from there are counted in. Whoever guesses elsewhere fills neither the bucket of a place that
 * the user is known at nor the one of the user's browser, and so locks nobody out.
 */
export function bucketsOf(subject: string, { address, device, isKnown }: Origin): Bucket[] {
  if (device !== undefined) return [{ name: `${subject} device ${device}`, ...onePlace }]
  const here = [
    { name: `${subject} at ${address}`, ...onePlace },
    { name: `address ${address}`, ...oneAddress },
  ]
  return isKnown ? here : [...here, { name: subject, ...allPlaces }]
}

/** What guesses of somebody who is signed in at their own password are counted in. */
export const ownPassword = (accountId: string, userId: string): Bucket[] => [
  { name: `own password ${accountId} ${userId}`, ...onePlace },
]

/** What letters to an address are counted in. */
export const lettersTo = (email: string): Bucket[] => [{ name: `letters ${email}`, burst: 5, perSecond: 2 * hour }]

const nameOf = ({ name }: Bucket) => hash('sha256', name, 'buffer')

/**
 * Counts a guess before it is checked, so that guesses side by side are counted too. Never in a transaction that a refusal
 * rolls back.
 *
 * @throws AppError (429) when one of the buckets is full; then none is filled further.
 */
export async function countGuess(db: Db, buckets: Bucket[]): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ name: Buffer; level: number }>(sql`
      INSERT INTO guess AS g (name, level, per_second, at)
      SELECT name, 1, per_second, clock_timestamp()
      FROM unnest(${buckets.map(nameOf)}::bytea[], ${buckets.map(({ perSecond }) => perSecond)}::float8[])
        AS b (name, per_second)
      ORDER BY name
      ON CONFLICT (name) DO UPDATE SET at = clock_timestamp(),
        level = 1 + greatest(0, g.level - greatest(0, extract(epoch FROM clock_timestamp() - g.at)) * g.per_second)
      RETURNING name, level`)
    const waits = buckets.map((bucket) => {
      const level = rows.find(({ name }) => name.equals(nameOf(bucket)))?.level ?? 0
      return (level - bucket.burst) / bucket.perSecond
    })
    const wait = Math.ceil(Math.max(...waits))
    if (wait > 0)
      throw new AppError('rate_limit_error', 'Too many attempts: wait, or ask for a new password', { retryAfter: wait })
  })
}

/** Takes a guess that was right back. It forgives none that was wrong: whoever knows one password could guess at another for ever. */
export async function takeGuessBack(db: Db, buckets: Bucket[]): Promise<void> {
  await db.query(sql`
    WITH locked AS (SELECT name FROM guess WHERE name = ANY (${buckets.map(nameOf)}) ORDER BY name FOR UPDATE)
    UPDATE guess AS g SET level = greatest(0, level - 1) FROM locked AS l WHERE g.name = l.name`)
}

/** Counts, and says whether there was room. */
export async function isWithin(db: Db, buckets: Bucket[]): Promise<boolean> {
  try {
    await countGuess(db, buckets)
    return true
  } catch (error) {
    if (error instanceof AppError && error.type === 'rate_limit_error') return false
    throw error
  }
}
