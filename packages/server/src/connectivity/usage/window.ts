import { dayMs, parseDayOrTime } from '@mason/contract/time'
import { maxSeriesDays } from '@mason/contract/usage'
import sql, { type Sql } from 'sql-template-tag'
import { invalid } from '../../core/errors.ts'

/** Days as PostgreSQL reads them: first ≤ day < end. */
export interface Window {
  first: string
  end: string
}

/** The month of a day or instant. */
export function monthOf(date: string): Window {
  const instant = parseDayOrTime(date)
  if (!instant) throw invalid('/date', 'must be a day or an RFC 3339 date and time of the month')
  const [year, month] = [instant.getUTCFullYear(), instant.getUTCMonth()]
  return { first: isoDay(firstOf(year, month)), end: isoDay(firstOf(year, month + 1)) }
}

/** The days of a series. */
export function daysOf({ start, end }: { start: string; end: string }): Window & { days: number } {
  const [first, last] = [readMidnight('start', start), readMidnight('end', end)]
  const days = (last - first) / dayMs
  if (days < 0) throw invalid('/end', 'must not be before start')
  if (days > maxSeriesDays) throw invalid('/end', `must be at most ${maxSeriesDays} days after start`)
  return { first: isoDay(first), end: isoDay(last), days }
}

/** Each day of a window, as a table `days (day)`. */
export const daysIn = ({ first, end }: Window) => sql`
  (SELECT d::date AS day FROM generate_series(${first}::date, ${end}::date - 1, interval '1 day') AS d) AS days`

/** What a SIM has used on each day of a window, null where nothing, as a table `used (day, upload, download)`. */
export const usedIn = (window: Window, accountId: string | Sql, iccid: string | Sql) => sql`
  ${daysIn(window)} LEFT JOIN usage_of_sim(${accountId}, ${iccid}, ${window.first}, ${window.end}) AS used USING (day)`

function readMidnight(name: string, text: string): number {
  const instant = parseDayOrTime(text)?.getTime()
  if (instant === undefined || instant % dayMs !== 0)
    throw invalid(`/${name}`, 'must be a day or a midnight (UTC), such as 2026-11-01')
  return instant
}

/** Years below 100 would be taken for those after 1900. */
const firstOf = (year: number, month: number) => new Date(0).setUTCFullYear(year, month, 1)

/** The year 10000 is written with its five digits, and no sign. */
const isoDay = (time: number) => new Date(time).toISOString().replace(/^\+0/, '').slice(0, -14)
