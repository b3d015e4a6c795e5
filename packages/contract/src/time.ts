const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/
const firstInstant = Date.UTC(1, 0, 1) - (Date.UTC(1901, 0, 1) - new Date('0001-01-01T00:00:00Z').getTime())
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Reads an RFC 3339 date and time with any offset; finer than a millisecond is cut off. A leap second, 23:59:60 UTC, is read as
 * the second after it, as PostgreSQL and POSIX do.
 *
 * @returns the instant, or undefined where the text is none or falls outside the years 1 to 9999 UTC.
 */
export function parseTime(text: string): Date | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, offsetHour = 0, offsetMinute = 0] = match.map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  if ((hour ?? 24) > 23 || (minute ?? 60) > 59 || (second ?? 61) > 60) return undefined
  if (offsetHour > 23 || offsetMinute > 59) return undefined
  const isLeap = second === 60
  const written = text.toUpperCase()
  const time = isLeap ? Date.parse(written.replace(':60', ':59')) + 1000 : Date.parse(written)
  // Leap seconds end a day, in UTC.
  if (isLeap && Math.floor(time / 1000) % 86_400 !== 0) return undefined
  return time >= firstInstant && time <= lastInstant ? new Date(time) : undefined
}

/** Reads a day (its midnight in UTC) or an RFC 3339 date and time. */
export const parseDayOrTime = (text: string): Date | undefined =>
  parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)

/** The JSON Schema formats of times: how one is read, and what to say of a text that is none. */
export const timeFormats = {
  'date-time': {
    read: parseTime,
    fault: 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z',
  },
  'day-or-time': {
    read: parseDayOrTime,
    fault: 'must be a day or an RFC 3339 date and time, such as 2026-11-02 or 2026-11-02T09:30:00Z',
  },
} as const

/**
 * Writes a time that passed validation in UTC with milliseconds, as answers have it.
 *
 * @returns the text itself where it is no time.
 */
export const toUtc = (text: string): string => parseTime(text)?.toISOString() ?? text

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
