const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/
const firstInstant = Date.UTC(1, 0, 1) - (Date.UTC(1901, 0, 1) - new Date('0001-01-01T00:00:00Z').getTime())
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Reads an RFC 3339 date and time with any offset; finer than a millisecond is cut off.
 *
 * @returns the instant, or undefined where the text is none or falls outside the years 1 to 9999 UTC.
 */
export function parseTime(text: string): Date | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, offsetHour = 0, offsetMinute = 0] = match.map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  if ((hour ?? 24) > 23 || (minute ?? 60) > 59 || (second ?? 60) > 59) return undefined
  if (offsetHour > 23 || offsetMinute > 59) return undefined
  const time = Date.parse(text.toUpperCase())
  return time >= firstInstant && time <= lastInstant ? new Date(time) : undefined
}

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
