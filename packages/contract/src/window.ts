import type { Static } from 'typebox'
import * as T from 'typebox'
import { closed } from './common.ts'
import { dayMs } from './time.ts'

/** The days of a week as windows name them, from Monday on. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const ianaForm = /^(?:UTC|GMT|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/

/** Zones that were found, since a look takes longer than to read the rest of a check-in. Their names are bounded; how they are cased is not. */
const found = new Set<string>()
const mostFound = 1_000

/** Whether a text names a time zone by its place, as the IANA database does; abbreviations such as `CET` mean different things. */
export function isTimezone(text: string): boolean {
  if (found.has(text)) return true
  if (!ianaForm.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    if (found.size < mostFound) found.add(text)
    return true
  } catch {
    return false
  }
}

/** The JSON Schema formats of time zones: whether a text is one, and the message for a text that is not. */
export const timezoneFormats = {
  timezone: {
    read: (text: string) => (isTimezone(text) ? text : undefined),
    fault: 'must be an IANA time zone, such as Europe/Paris',
  },
  'window-timezone': {
    read: (text: string) => (text === 'device' || isTimezone(text) ? text : undefined),
    fault: 'must be an IANA time zone, such as Europe/Paris, or device',
  },
} as const

export const Timezone = T.String({
  format: 'timezone',
  maxLength: 64,
  description: 'IANA time zone',
  examples: ['Europe/Paris'],
})

const ClockTime = (description: string, example: string) =>
  T.String({
    pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
    fault: 'must be a time from 00:00 to 23:59',
    description,
    examples: [example],
  })

/** Hours of a day within which something may happen. Source: docs/contract.md §13. */
export const Window = closed(
  {
    from: ClockTime('opens at this local time', '22:00'),
    to: ClockTime('closes at this local time, on the next day unless it is later than `from`', '05:00'),
    days: T.Optional(
      T.Array(T.Enum(weekdays), {
        minItems: 1,
        maxItems: 7,
        uniqueItems: true,
        description: 'days on which it opens; every day without them',
      }),
    ),
    timezone: T.String({
      format: 'window-timezone',
      maxLength: 64,
      description: 'IANA time zone, or `device` for the zone that each device reports',
      examples: ['Europe/Paris'],
    }),
  },
  { title: 'Window' },
)
export type Window = Static<typeof Window>

/** One opening of a window, in milliseconds since 1970. */
export interface Opening {
  opensAtMs: number
  closesAtMs: number
}

/** A window opens at least once in so many days, if it ever does. */
const searchedDays = 15

/**
 * The opening of a window that is under way at a moment, else the next one. A local time that a clock shows twice is the
 * first; one that it skips is counted by the offset before. Source: RFC 5545 §3.3.5; `window_opening()` of the server is
 * the same in SQL.
 *
 * @param zone the time zone of the device, for windows in `device` time; UTC where it is not known.
 * @param atMs milliseconds since 1970.
 * @returns undefined for a window that never opens, which daylight saving alone can make of it.
 */
export function openingOf(window: Window, atMs: number, zone = 'UTC'): Opening | undefined {
  const offsetAt = offsetsOf(window.timezone === 'device' ? zone : window.timezone)
  const [from, to] = [minutesOf(window.from), minutesOf(window.to)]
  const today = Math.floor((atMs + offsetAt(atMs)) / dayMs)
  for (let day = today - 1; day <= today + searchedDays; day++) {
    if (window.days && !window.days.includes(weekdayOf(day))) continue
    const opensAtMs = instantOf(day * dayMs + from * minuteMs, offsetAt)
    const closesAtMs = instantOf((to <= from ? day + 1 : day) * dayMs + to * minuteMs, offsetAt)
    if (closesAtMs > opensAtMs && closesAtMs > atMs) return { opensAtMs, closesAtMs }
  }
  return undefined
}

/** For how many milliseconds a window stays closed; 0 while it is open. The arguments are those of `openingOf`. */
export function closedForMs(window: Window, atMs: number, zone?: string): number {
  const opening = openingOf(window, atMs, zone)
  return opening ? Math.max(0, opening.opensAtMs - atMs) : Number.POSITIVE_INFINITY
}

/**
 * When a clock of a zone shows a local time. The same rules hold for times that it shows twice, or skips.
 *
 * @param local such as `2026-11-02T22:00`, with or without seconds.
 * @returns milliseconds since 1970; undefined for anything that is no such time.
 */
export function momentOf(local: string, zone: string): number | undefined {
  const localMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local) ? Date.parse(`${local}Z`) : Number.NaN
  return Number.isNaN(localMs) ? undefined : instantOf(localMs, offsetsOf(zone))
}

const minuteMs = 60_000

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return hours * 60 + minutes
}

/** 1970 began on a Thursday. */
const weekdayOf = (day: number) => weekdays[(((day + 3) % 7) + 7) % 7] ?? 'mon'

type OffsetAt = (atMs: number) => number

/** @param localMs what the clock shows, as if it were UTC. */
function instantOf(localMs: number, offsetAt: OffsetAt): number {
  const [first, second] = [localMs - offsetAt(localMs - dayMs), localMs - offsetAt(localMs + dayMs)]
  const isShown = (atMs: number) => atMs + offsetAt(atMs) === localMs
  return !isShown(first) && isShown(second) ? second : first
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** By how much clocks of a zone are ahead of UTC; one that this system does not know is taken for UTC. */
function offsetsOf(zone: string): OffsetAt {
  const clock = clocks.get(zone) ?? clockOf(zone)
  if (clocks.size < mostFound) clocks.set(zone, clock)
  return (atMs) => {
    const part: Record<string, number> = {}
    for (const { type, value } of clock.formatToParts(atMs)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000
  }
}

const clockOf = (zone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone: isTimezone(zone) ? zone : 'UTC',
    hourCycle: 'h23',
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
