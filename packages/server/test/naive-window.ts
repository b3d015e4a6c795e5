import { type Opening, type Window, weekdays } from '@mason/contract/window'
import fc from 'fast-check'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Zones whose clocks change by an hour, by half an hour, or not at all, in the north and in the south. */
export const zones = [
  'Europe/Paris',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'UTC',
] as const

/** When clocks of some of these zones change in 2026 and 2027. */
const changes = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-02-15T02:00:00Z',
  '2026-03-22T02:00:00Z',
  '2027-03-14T05:30:00Z',
].map((text) => Date.parse(text))

const clock = fc
  .tuple(fc.nat(23), fc.constantFrom(0, 1, 15, 30, 59))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)

export const windows: fc.Arbitrary<Window> = fc
  .record({
    from: clock,
    to: clock,
    days: fc.option(fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }), { nil: undefined }),
    timezone: fc.constantFrom('device', ...zones),
  })
  .map(({ days, ...window }) => ({ ...window, ...(days && { days }) }))

/** Moments to the minute, most of them near a change of clocks. */
export const moments = fc
  .tuple(fc.constantFrom(...changes), fc.integer({ min: -60 * 60, max: 60 * 60 }))
  .map(([change, minutes]) => change + minutes * minuteMs)

const clocks = new Map<string, Intl.DateTimeFormat>()

/** What the clock of a zone shows, as if it were UTC. */
function shown(zone: string, atMs: number): number {
  const clock =
    clocks.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(zone, clock)
  return Date.parse(`${clock.format(atMs).replace(' ', 'T')}Z`)
}

/** Clocks change at quarters of an hour. */
const quarterMs = 15 * minuteMs

/** Watches the clock: the first moment at which it shows the time, or else that before the skip and what is left from there on. */
function naiveInstant(zone: string, localMs: number): number {
  let atMs = Math.floor((localMs - 15 * hourMs) / quarterMs) * quarterMs
  // Where a clock goes back, the last minute of a quarter is later than the one after.
  while ([quarterMs - minuteMs, quarterMs].every((ms) => shown(zone, atMs + ms) < localMs)) atMs += quarterMs
  for (; ; atMs += minuteMs) {
    if (shown(zone, atMs) === localMs) return atMs
    const next = shown(zone, atMs + minuteMs)
    if (next > localMs) return atMs + (localMs - shown(zone, atMs))
  }
}

/** The opening of a window that is under way or next, found by watching the clock. */
export function naiveOpening(window: Window, atMs: number, deviceZone: string): Opening | undefined {
  const zone = window.timezone === 'device' ? deviceZone : window.timezone
  const midnight = new Date(shown(zone, atMs)).setUTCHours(0, 0, 0, 0)
  const msOf = (text: string) => Date.parse(`1970-01-01T${text}:00Z`)
  for (let day = -1; day <= 15; day++) {
    const date = midnight + day * 24 * hourMs
    const name = new Date(date).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' }).toLowerCase()
    if (window.days && !window.days.some((one) => one === name)) continue
    const closing = msOf(window.to) + (window.to <= window.from ? 24 * hourMs : 0)
    const opensAtMs = naiveInstant(zone, date + msOf(window.from))
    const closesAtMs = naiveInstant(zone, date + closing)
    if (closesAtMs > opensAtMs && closesAtMs > atMs) return { opensAtMs, closesAtMs }
  }
  return undefined
}
