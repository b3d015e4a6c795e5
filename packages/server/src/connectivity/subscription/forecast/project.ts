import { dayMs } from '@mason/contract/time'
import { followLevel, type Level } from './level.ts'
import { factorOf, learnShape, type Shape } from './shape.ts'
import { clamp, normal, quantile, robustDeviation, seeded, sum } from './statistics.ts'

/** How the projection is made, in a line for the answer that carries it; docs/forecast.md says it at length. */
export const method =
  'weekday and day-of-month shape times a smoothed level with trend, learnt from the daily series; 80 % interval from 1,000 simulated months'

/** How many days before today the projection looks at. */
export const historyDays = 26 * 7

export interface Series {
  /** In days since 1970, UTC. */
  firstDay: number
  /** One number for each day; the last one is today's so far. */
  bytes: readonly number[]
}

export interface Projection {
  /** So far in the month of the last day. */
  used: number
  low: number
  expected: number
  high: number
  /** The day, since 1970, on which the allowance is used up; undefined when the month ends before. */
  runsDryOn: number | undefined
}

const paths = 1_000
const seed = 7
/** Surprises come in runs: so many days of them are drawn at a time. */
const blockDays = 7
/** Carriers report late: so many days without a byte before today count as not yet reported. */
const lateDays = 3
/** Stands in for the surprises that a young account has not yet met. */
const assumed = [-0.35, -0.15, 0, 0.15, 0.35]
const youngDays = 42
/** What was fitted to the days (week, level, trend, a part of the month) makes their surprises look smaller than those to come. */
const parameters = 16

/** Projects the end of a month from what was used so far and from the days before. */
export function project({ firstDay, bytes }: Series, allowance: number): Projection {
  const today = firstDay + bytes.length - 1
  const month = monthOf(today)
  const seen = (day: number) => bytes[day - firstDay] ?? 0
  const usedThrough = (day: number) => sum(range(month.start, day + 1).map(seen))
  const whole = wholeDays({ firstDay, bytes })
  const openFrom = Math.max(month.start, whole.firstDay + whole.bytes.length)
  const totals = simulate(learn(whole, seen(today)), {
    days: range(openFrom, month.end),
    least: seen,
    before: usedThrough(openFrom - 1),
  })
  const through = (day: number) => (day < today ? usedThrough(day) : quantile(totals[day - openFrom] ?? [], 0.5))
  const exact = (bytes: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.round(bytes))
  const at = (share: number) => exact(quantile(totals.at(-1) ?? [], share))
  return {
    used: exact(usedThrough(today)),
    low: at(0.1),
    expected: at(0.5),
    high: at(0.9),
    runsDryOn: range(month.start, month.end).find((day) => through(day) >= Math.max(1, allowance)),
  }
}

/** The days that are over and reported, from the first one with a byte on. */
function wholeDays({ firstDay, bytes }: Series): Series {
  const past = bytes.slice(0, -1)
  const start = past.findIndex((value) => value > 0)
  if (start === -1) return { firstDay: firstDay + past.length, bytes: [] }
  const missing = past.length - 1 - past.findLastIndex((value) => value > 0)
  return { firstDay: firstDay + start, bytes: past.slice(start, past.length - Math.min(missing, lateDays)) }
}

interface Learnt {
  shape: Shape
  level: Level
  /** The day that the level stands at. */
  levelDay: number
  /** The level's own standard error, relative to it. */
  levelError: number
  /** What to draw from, relative to what is expected. */
  surprises: readonly number[]
}

function learn({ firstDay, bytes }: Series, usedToday: number): Learnt {
  const shape = learnShape(firstDay, bytes)
  const level = followLevel(bytes.map((value, index) => value / factorOf(shape, firstDay + index)))
  const count = bytes.length
  const inflation = Math.sqrt(count / (count - Math.min(parameters, count / 2)) || 1)
  const surprises = (count < youngDays ? [...level.surprises, ...assumed] : level.surprises.slice(blockDays)).map(
    (surprise) => Math.max(-1, surprise * inflation),
  )
  return {
    shape,
    // On an account's first day the day so far stands for a day.
    level: count > 0 ? level : { ...level, value: usedToday },
    levelDay: firstDay + count - 1,
    levelError: robustDeviation(surprises) * Math.sqrt(level.gain / (2 - level.gain) + 1 / (count + 1)),
    surprises,
  }
}

interface Course {
  days: readonly number[]
  /** What has been seen of a day, which it will not fall below. */
  least: (day: number) => number
  /** Used in the month before these days. */
  before: number
}

/** Lets the rest of the month happen many times; the totals at the end of each day, one for each course of the month. */
function simulate(
  { shape, level, levelDay, levelError, surprises }: Learnt,
  { days, least, before }: Course,
): Float64Array[] {
  const random = seeded(seed)
  const totals = days.map(() => new Float64Array(paths))
  const factors = days.map((day) => factorOf(shape, day))
  const leasts = days.map(least)
  for (let path = 0; path < paths; path++) {
    const slope = level.slope + level.slopeError * normal(random)
    let value = level.value * (1 + levelError * normal(random)) * Math.exp(slope * ((days[0] ?? 0) - levelDay - 1))
    let total = before
    let draw = 0
    for (const [index, ends] of totals.entries()) {
      if (index % blockDays === 0) draw = Math.floor(random() * surprises.length)
      const surprise = surprises[(draw + index) % surprises.length] ?? 0
      value *= Math.exp(slope)
      total += Math.max(leasts[index] ?? 0, value * (factors[index] ?? 1) * (1 + surprise))
      value *= 1 + level.gain * clamp(surprise, level.limit)
      ends[path] = total
    }
  }
  return totals
}

function monthOf(day: number): { start: number; end: number } {
  const date = new Date(day * dayMs)
  const first = (offset: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset) / dayMs
  return { start: first(0), end: first(1) }
}

/** The whole numbers from one to just before the other. */
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
