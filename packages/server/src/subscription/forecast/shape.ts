import { median, robustDeviation, shrink, sum } from './statistics.ts'

/** How days differ from each other by the calendar, as factors around 1. */
export interface Shape {
  /** From Sunday. */
  weekdays: readonly number[]
  /** From the first. */
  daysOfMonth: readonly number[]
}

/** A day that is hardly used says little about the level. */
const leastFactor = 0.02

const weekdayOf = (day: number) => (day + 4) % 7
const dayOfMonthOf = (day: number) => new Date(day * 86_400_000).getUTCDate() - 1

/** What the calendar makes of a day, given in days since 1970. */
export const factorOf = ({ weekdays, daysOfMonth }: Shape, day: number) =>
  Math.max(leastFactor, (weekdays[weekdayOf(day)] ?? 1) * (daysOfMonth[dayOfMonthOf(day)] ?? 1))

/**
 * Learns the shape from whole days: first the week, as ratios to the week around each day, then the month, as ratios of
 * what is left to the four weeks around. An effect counts in the measure in which it stands out from the noise.
 */
export function learnShape(firstDay: number, bytes: readonly number[]): Shape {
  const dayAt = (place: number) => firstDay + place
  const byWeek = ratios(bytes, 3, (values) => sum(values) / values.length)
  const weekdays = normalise(effects(byWeek, 7, (place) => weekdayOf(dayAt(place))))
  const level = bytes.map((value, place) => value / Math.max(leastFactor, weekdays[weekdayOf(dayAt(place))] ?? 1))
  const byMonth = ratios(level, 14, median)
  return { weekdays, daysOfMonth: effects(byMonth, 31, (place) => dayOfMonthOf(dayAt(place))) }
}

/** Each day against those around it; undefined where the window reaches beyond either end. */
function ratios(values: readonly number[], reach: number, level: (values: readonly number[]) => number) {
  return values.map((value, place) => {
    if (place < reach || place + reach >= values.length) return undefined
    const around = level(values.slice(place - reach, place + reach + 1))
    return around > 0 ? value / around : undefined
  })
}

function effects(values: readonly (number | undefined)[], groups: number, groupOf: (place: number) => number) {
  const members = Array.from({ length: groups }, (): number[] => [])
  for (const [place, value] of values.entries()) if (value !== undefined) members[groupOf(place)]?.push(value)
  const centres = members.map((group) => (group.length > 1 ? median(group) : 1))
  const distances = members.flatMap((group, index) =>
    group.length > 1
      ? group.map((value) => (value - (centres[index] ?? 1)) * Math.sqrt(group.length / (group.length - 1)))
      : [],
  )
  const deviation = distances.length > 0 ? robustDeviation(distances) : 0
  return centres.map((centre, index) => 1 + shrink(centre - 1, deviation / Math.sqrt(members[index]?.length || 1)))
}

function normalise(factors: readonly number[]): number[] {
  const mean = sum(factors) / factors.length
  return factors.map((factor) => factor / mean)
}
