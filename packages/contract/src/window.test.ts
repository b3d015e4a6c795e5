import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { moments, naiveOpening, windows, zones } from '../../server/test/naive-window.ts'
import { closedForMs, isTimezone, openingOf, type Window } from './window.ts'

const at = (text: string) => Date.parse(text)
const opening = (window: Window, from: string, zone?: string) => {
  const found = openingOf(window, at(from), zone)
  return found && [found.opensAtMs, found.closesAtMs].map((ms) => new Date(ms).toISOString())
}

describe('a window', () => {
  test('opens and closes as the clock on the wall shows, in any zone and across changes of clocks', () => {
    fc.assert(
      fc.property(windows, moments, fc.constantFrom(...zones), (window, atMs, zone) => {
        expect(openingOf(window, atMs, zone)).toEqual(naiveOpening(window, atMs, zone))
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  test('goes over midnight, and belongs to the day on which it opens', () => {
    const window: Window = { from: '22:00', to: '05:00', days: ['fri'], timezone: 'Europe/Paris' }
    expect(opening(window, '2026-11-28T02:00:00Z')).toEqual(['2026-11-27T21:00:00.000Z', '2026-11-28T04:00:00.000Z'])
    expect(opening(window, '2026-11-28T04:00:00Z')).toEqual(['2026-12-04T21:00:00.000Z', '2026-12-05T04:00:00.000Z'])
  })

  test('is longer or shorter in the night of a change', () => {
    const window: Window = { from: '22:00', to: '05:00', timezone: 'device' }
    expect(opening(window, '2026-03-28T20:00:00Z', 'Europe/Paris')).toEqual([
      '2026-03-28T21:00:00.000Z',
      '2026-03-29T03:00:00.000Z',
    ])
    expect(opening(window, '2026-10-24T19:00:00Z', 'Europe/Paris')).toEqual([
      '2026-10-24T20:00:00.000Z',
      '2026-10-25T04:00:00.000Z',
    ])
  })

  test('counts a time that the clock skips by the offset before, and takes the first of two', () => {
    const window: Window = { from: '02:30', to: '02:45', timezone: 'Europe/Paris' }
    expect(opening(window, '2026-03-29T00:00:00Z')).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-29T01:45:00.000Z'])
    expect(opening(window, '2026-10-25T00:00:00Z')).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T00:45:00.000Z'])
  })

  test('of equal times is a whole day', () => {
    const window: Window = { from: '00:00', to: '00:00', days: ['sun'], timezone: 'UTC' }
    expect(opening(window, '2026-11-28T12:00:00Z')).toEqual(['2026-11-29T00:00:00.000Z', '2026-11-30T00:00:00.000Z'])
    expect(closedForMs(window, at('2026-11-29T12:00:00Z'))).toBe(0)
  })

  test('is in UTC where the zone of the device is not known', () => {
    const window: Window = { from: '10:00', to: '11:00', timezone: 'device' }
    expect(closedForMs(window, at('2026-11-28T09:00:00Z'))).toBe(3_600_000)
    expect(closedForMs(window, at('2026-11-28T09:00:00Z'), 'Mars/Olympus')).toBe(3_600_000)
  })
})

test('a time zone is named by its place', () => {
  for (const zone of ['Europe/Paris', 'UTC', 'GMT', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
    expect(isTimezone(zone), zone).toBe(true)
  for (const text of ['CET', '+02:00', 'Europe/Nowhere', 'device', '', "x'y"])
    expect(isTimezone(text), text).toBe(false)
})
