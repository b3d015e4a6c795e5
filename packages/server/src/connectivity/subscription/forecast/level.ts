import { clamp, median, robustDeviation, sum } from './statistics.ts'

/** Where a series without its calendar shape stands, and how it got there. */
export interface Level {
  /** At the last day. */
  value: number
  /** Growth a day, as a logarithm, and its standard error. */
  slope: number
  slopeError: number
  /** How much of a day's surprise the level takes over. */
  gain: number
  /** A surprise beyond this moves the level no further. */
  limit: number
  /** Each day's surprise, relative to what was expected of it the day before. */
  surprises: readonly number[]
}

const gains = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5]
const caution = 8
/** Whole weeks, so that they hold every weekday equally. */
const firstDays = 14
const trendWeeks = 8
const leastTrendWeeks = 4
/** Nothing is taken to more than double in thirty days. */
const steepest = Math.log(2) / 30
/** A day moves the level by no more than a surprise of so many deviations would. */
const wild = 3

/** Follows the level through the days with the gain that would have foretold them best. */
export function followLevel(values: readonly number[]): Level {
  const trend = trendOf(values)
  const rough = follow(values, trend.slope, 0.2, Number.POSITIVE_INFINITY)
  const limit = wild * Math.max(0.02, robustDeviation(rough.surprises))
  const tries = gains.map((gain) => ({ gain, ...follow(values, trend.slope, gain, limit) }))
  // A high gain follows the noise: it has to earn its place, the more so with few days.
  const errorOf = ({ gain, surprises }: { gain: number; surprises: readonly number[] }) =>
    sum(surprises.map((one) => clamp(one, 2 * limit) ** 2)) * (1 + (caution * gain) / Math.sqrt(surprises.length))
  const best = tries.reduce((one, other) => (errorOf(other) < errorOf(one) ? other : one))
  return { ...trend, ...best, limit }
}

function follow(values: readonly number[], slope: number, gain: number, limit: number) {
  const first = values.slice(0, firstDays)
  let value = first.length > 0 ? sum(first) / first.length : 0
  const surprises: number[] = []
  for (const seen of values) {
    value *= Math.exp(slope)
    const surprise = value > 0 ? seen / value - 1 : 0
    surprises.push(surprise)
    value = value > 0 ? value * (1 + gain * clamp(surprise, limit)) : seen
  }
  return { value, surprises }
}

/** The median of the slopes between any two of the last weeks (Theil and Sen): a wild week does not tilt it. */
function trendOf(values: readonly number[]): Pick<Level, 'slope' | 'slopeError'> {
  const weeks = Math.min(trendWeeks, Math.floor(values.length / 7))
  const start = values.length - 7 * weeks
  const logs = Array.from({ length: weeks }, (_, week) =>
    Math.log(sum(values.slice(start + 7 * week, start + 7 * week + 7))),
  )
  if (weeks < leastTrendWeeks || !logs.every(Number.isFinite)) return { slope: 0, slopeError: 0 }
  const slopes = logs.flatMap((later, index) =>
    logs.slice(0, index).map((earlier, before) => (later - earlier) / (index - before)),
  )
  const slope = median(slopes)
  const middle = median(logs.map((log, week) => log - slope * week))
  const deviation = robustDeviation(logs.map((log, week) => log - slope * week - middle))
  const error = deviation / Math.sqrt((weeks * (weeks * weeks - 1)) / 12)
  const belief = slope ** 2 / (slope ** 2 + error ** 2 || 1)
  return {
    slope: clamp((slope * belief) / 7, steepest),
    slopeError: Math.min(steepest, (error * Math.sqrt(belief)) / 7),
  }
}
