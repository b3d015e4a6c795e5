import { dayMs, parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Db } from './db/database.ts'
import { invalid } from './errors.ts'

/** @throws AppError where PostgreSQL does not know a time zone; `device` is that of each device. */
export async function requireTimezone(tx: Db, timezone: string | undefined, path = '/window/timezone'): Promise<void> {
  if (timezone === undefined || timezone === 'device') return
  const { rows } = await tx.query<{ is_known: boolean }>(sql`SELECT is_timezone(${timezone}) AS is_known`)
  if (!rows[0]?.is_known) throw invalid(path, 'is not known to the database')
}

/** Nobody means the year 9999, from which nothing can be counted on. */
const longestWaitDays = 366

/**
 * The time before which nothing is sent, in the form that PostgreSQL reads: of what RFC 3339 allows it refuses some.
 *
 * @throws AppError where it is too far ahead.
 */
export function readNotBefore(text: string | undefined): string | null {
  const time = text === undefined ? undefined : parseTime(text)
  if (!time) return null
  if (time.getTime() > Date.now() + longestWaitDays * dayMs)
    throw invalid('/notBefore', `must be at most ${longestWaitDays} days ahead`)
  return time.toISOString()
}
