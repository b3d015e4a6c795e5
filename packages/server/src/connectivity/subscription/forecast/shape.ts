import { dayMs } from '@mason/contract/time'
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
const dayOfMonthOf = (day: number) => new Date(day * dayMs).getUTCDate() - 1

/** What the calendar makes of a day, given in days since 1970. */
export const factorOf = ({ weekdays, daysOfMonth }: Shape, day: number) =>
  Math.max(leastFactor, (weekdays[weekdayOf(day)] ?? 1) * (daysOfMonth[dayOfMonthOf(day)] ?? 1))

/**
 * Learns the shape from whole days: first the week, as ratios to the week around each day, then the month, as ratios of
 * what is left to the four weeks around. An effect counts in the measure in which it stands out from the noise.
 */
export function learnShape(firstDay: number, bytes: readonly number[]): Shape {
  const dayAt = (position: number) => firstDay + position
  const byWeek = ratios(bytes, 3, (values) => sum(values) / values.length)
  const weekdays = normalize(effects(byWeek, 7, (position) => weekdayOf(dayAt(position))))
  const level = bytes.map((value, position) => value / Math.max(leastFactor, weekdays[weekdayOf(dayAt(position))] ?? 1))
  const byMonth = ratios(level, 14, median)
  return { weekdays, daysOfMonth: effects(byMonth, 31, (position) => dayOfMonthOf(dayAt(position))) }
}

/** Each day against those around it; undefined where the window reaches beyond either end. */
function ratios(values: readonly number[], reach: number, level: (values: readonly number[]) => number) {
  return values.map((value, position) => {
    if (position < reach || position + reach >= values.length) return undefined
    const around = level(values.slice(position - reach, position + reach + 1))
    return around > 0 ? value / around : undefined
  })
}

function effects(values: readonly (number | undefined)[], groups: number, groupOf: (position: number) => number) {
  const members = Array.from({ length: groups }, (): number[] => [])
  for (const [position, value] of values.entries()) if (value !== undefined) members[groupOf(position)]?.push(value)
  const centers = members.map((group) => (group.length > 1 ? median(group) : 1))
  const distances = members.flatMap((group, index) =>
    group.length > 1
      ? group.map((value) => (value - (centers[index] ?? 1)) * Math.sqrt(group.length / (group.length - 1)))
      : [],
  )
  const deviation = distances.length > 0 ? robustDeviation(distances) : 0
  return centers.map((center, index) => 1 + shrink(center - 1, deviation / Math.sqrt(members[index]?.length || 1)))
}

function normalize(factors: readonly number[]): number[] {
  const mean = sum(factors) / factors.length
  return factors.map((factor) => factor / mean)
}
