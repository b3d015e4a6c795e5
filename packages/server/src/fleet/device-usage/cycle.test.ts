import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, type Cursor, type Cycle, type DayUsage, readMobileUsage, splitByDays } from './cycle.ts'

const hour = 3_600_000
const day = 24 * hour
const today = Date.UTC(2026, 10, 20)

const total = (days: DayUsage[]) =>
  days.reduce((sum, { sent, received }) => ({ sent: sum.sent + sent, received: sum.received + received }), {
    sent: 0,
    received: 0,
  })

/** Reports taken in one after another. */
function count(reports: Cycle[][]): DayUsage[] {
  let cursor: Cursor | undefined
  return reports.flatMap((cycles) => {
    const counted = advance(cursor, cycles, today + 30 * day)
    cursor = counted.cursor
    return counted.days
  })
}

describe('cycles that are reported again and again', () => {
  const steps = fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 3 * day }), bytes: fc.nat(2 ** 40), isNewCycle: fc.boolean() }),
    { minLength: 1, maxLength: 20 },
  )

  it('count each byte once, whatever is repeated or comes late', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat(3)), (grown, choices) => {
        const [reports, sums]: [Cycle[][], number[]] = [[], []]
        let [start, end, bytes] = [today, today, 0]
        for (const step of grown) {
          if (step.isNewCycle) [start, bytes] = [end, 0]
          end += step.ms
          bytes += step.bytes
          sums.push(step.bytes)
          reports.push([{ start, end, sent: bytes, received: 2 * bytes }])
        }
        const repeated = reports.flatMap((report, index) => {
          const again = [report, reports[index >> 1]][choices.next().value ?? 0]
          return again ? [report, again] : [report]
        })
        const sent = sums.reduce((sum, one) => sum + one, 0)
        expect(total(count(repeated))).toEqual({ sent, received: 2 * sent })
        // What the last report of a cycle says is what its days add up to, however few reports came before it.
        expect(count(repeated)).toEqual(count(reports))
      }),
    )
  })

  it('fall on the days between the reports', () => {
    const cycle = (hours: number, sent: number) => [{ start: today, end: today + hours * hour, sent, received: 0 }]
    const days = count([cycle(20, 100), cycle(28, 180), cycle(30, 200)])
    const first = today / day
    expect(days).toEqual([
      { day: first, sent: 100, received: 0 },
      { day: first, sent: 40, received: 0 },
      { day: first + 1, sent: 40, received: 0 },
      { day: first + 1, sent: 20, received: 0 },
    ])
  })

  it('count days inside a month once, and the end of the old month beside the new one', () => {
    const month = { start: today - 5 * day, end: today, sent: 50, received: 0 }
    const inside = { start: today - day, end: today, sent: 10, received: 0 }
    expect(total(count([[month, inside]])).sent).toBe(50)
    const grown = { ...month, end: today + day, sent: 70 }
    const next = { start: today + day, end: today + 2 * day, sent: 5, received: 0 }
    expect(total(count([[month], [grown, next], [grown, next]])).sent).toBe(75)
  })

  it('start anew where a count is smaller than before, and tolerate a start that moves a little', () => {
    const at = (hours: number, sent: number, shift = 0) => [
      { start: today + shift, end: today + hours * hour, sent, received: 0 },
    ]
    expect(total(count([at(1, 100), at(2, 30), at(3, 40)])).sent).toBe(140)
    expect(total(count([at(1, 100), at(2, 130, 1000)])).sent).toBe(130)
  })

  it('are not believed about the far past and the future', () => {
    expect(count([[{ start: 0, end: day, sent: 1, received: 1 }]])).toEqual([])
    const future = today + 60 * day
    expect(count([[{ start: today, end: future, sent: 1, received: 1 }]])).toEqual([])
    expect(count([[{ start: -1e13, end: today, sent: 1, received: 1 }]])).toEqual([])
  })
})

it('splits over midnight by time, and loses nothing', () => {
  fc.assert(
    fc.property(fc.nat(40 * day), fc.maxSafeNat(), fc.maxSafeNat(), (ms, sent, received) => {
      const days = splitByDays({ start: today + 7, end: today + 7 + ms, sent, received })
      expect(total(days)).toEqual({ sent, received })
      expect(days.every((part) => part.sent >= 0 && part.received >= 0)).toBe(true)
    }),
  )
})

it('reads the mobile use of a device with one SIM', () => {
  const time = (hours: number) => new Date(today + hours * hour).toISOString()
  const usages = [
    { type: 'wifi' as const, bytesReceived: 9, bytesSent: 9 },
    { type: 'mobile' as const, bytesReceived: 2, bytesSent: 1 },
  ]
  const dataUsage = { usageCycles: [{ startTime: time(0), endTime: time(1), usages }] }
  const sim = (iccid: string) => ({ iccid })
  expect(readMobileUsage({ sim: [sim('8988303000000614227F')], dataUsage })).toEqual({
    iccid: '8988303000000614227',
    cycles: [{ start: today, end: today + hour, sent: 1, received: 2 }],
  })
  expect(readMobileUsage({ dataUsage })).toBeUndefined()
  expect(readMobileUsage({ sim: [sim('8988303000000614227'), sim('8988303000000614235')], dataUsage })).toBeUndefined()
  expect(readMobileUsage({ sim: [sim('8988303000000614227')], dataUsage: { usageCycles: [] } })).toBeUndefined()
})
