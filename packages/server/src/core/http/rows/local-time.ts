import { dayMs, parseTime } from '@mason/contract/time'
import { invalid } from '../../errors.ts'

/** A time without a zone becomes an instant. */
export type ReadLocal = (year: string, month: string, day: string, time: string) => number | undefined

const slotMs = 900_000
const maxSlots = 100_000

/**
 * Reads times of a zone. Of a time that occurs twice, as clocks are set back, it takes the first; one that clocks jump over
 * lies as much after the jump as it says.
 *
 * @param timezone an IANA name; undefined where none was said, and then there is no reader.
 * @throws AppError for a zone that is unknown.
 */
export function localReader(timezone: string | undefined): ReadLocal | undefined {
  if (timezone === undefined) return undefined
  const offsetAt = offsets(timezone)
  // A file has few quarters of an hour, and clocks change at the start of one.
  const slots = new Map<number, number>()
  return (year, month, day, time) => {
    const local = parseTime(`${year}-${month}-${day}T${time}Z`)?.getTime()
    if (local === undefined) return undefined
    const slot = Math.floor(local / slotMs)
    const known = slots.get(slot)
    if (known !== undefined) return local - known
    if (slots.size === maxSlots) slots.clear()
    const before = offsetAt(local - dayMs)
    const after = offsetAt(local + dayMs)
    const offset = [before, after].find((one) => offsetAt(local - one) === one) ?? before
    slots.set(slot, offset)
    return local - offset
  }
}

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function offsets(timezone: string): (instant: number) => number {
  if (!/^[A-Za-z]/.test(timezone)) throw unknownZone()
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    throw unknownZone()
  }
  return (instant) => {
    const parts: Record<string, string> = Object.fromEntries(
      format.formatToParts(instant).map(({ type, value }) => [type, value]),
    )
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
      parts.year,
      parts.month,
      parts.day,
      parts.hour,
      parts.minute,
      parts.second,
    ].map(Number)
    const shown = new Date(0).setUTCFullYear(parts.era === 'BC' ? 1 - year : year, month - 1, day)
    return shown + ((hour * 60 + minute) * 60 + second) * 1000 - Math.floor(instant / 1000) * 1000
  }
}

const unknownZone = () => invalid('/timezone', 'must be the IANA name of a time zone, such as Europe/Paris')
