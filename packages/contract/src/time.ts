/** Milliseconds of an hour. */
export const hourMs = 3_600_000
/** Milliseconds of a day in UTC, which has no leap seconds for POSIX. */
export const dayMs = 24 * hourMs

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/
const firstInstant = Date.UTC(1, 0, 1) - (Date.UTC(1901, 0, 1) - new Date('0001-01-01T00:00:00Z').getTime())
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Parses an RFC 3339 date and time with any offset; digits finer than a millisecond are cut off. A leap second, 23:59:60
 * UTC, is read as the second after it, as PostgreSQL and POSIX do. Source: RFC 3339 §5.6.
 *
 * @returns the instant; undefined when the text is not a time or lies outside the years 1 to 9999 UTC.
 */
export function parseTime(text: string): Date | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ...offset] = match.map(Number)
  const [offsetHour = 0, offsetMinute = 0] = offset
  if (!isCalendarDay(year, month, day)) return undefined
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return undefined
  const isLeap = second === 60
  const written = text.toUpperCase()
  const time = isLeap ? Date.parse(written.replace(':60', ':59')) + 1000 : Date.parse(written)
  // Leap seconds end a day, in UTC.
  if (isLeap && Math.floor(time / 1000) % 86_400 !== 0) return undefined
  return time >= firstInstant && time <= lastInstant ? new Date(time) : undefined
}

/** Parses a day as `2026-11-02` (its midnight in UTC) or an RFC 3339 date and time; undefined for any other text. */
export const parseDayOrTime = (text: string): Date | undefined =>
  parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)

/** The JSON Schema formats of times: how a text is parsed, and the message for a text that does not match. */
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
 * Formats a valid time in UTC with milliseconds, as answers contain it. Source: docs/contract.md §1.
 *
 * @returns the text itself when it is not a time.
 */
export const toUtc = (text: string): string => parseTime(text)?.toISOString() ?? text

function isCalendarDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
