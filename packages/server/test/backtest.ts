import { project } from '../src/connectivity/subscription/forecast/project.ts'
import { sum } from '../src/connectivity/subscription/forecast/statistics.ts'
import { type SeriesShape, syntheticSeries } from './usage-series.ts'

/** How projections made on one day of the held-out month turned out, over many accounts. */
export interface Score {
  shape: string
  /** Made at noon of this day of the month. */
  day: number
  /** Mean absolute percentage error of what was expected, and of the average so far times the days. */
  error: number
  naiveError: number
  /** Share of the months that ended within the interval. */
  coverage: number
}

export const scoredDays = [3, 7, 14, 21]

/** Projects the last month of synthetic accounts from its days so far and compares with how it ended. */
export function backtest(shape: SeriesShape, accounts: number): Score[] {
  return scoredDays.map((day) => {
    const outcomes = Array.from({ length: accounts }, (_, account) => {
      const { firstDay, monthStart, bytes } = syntheticSeries(shape, 1_000 + account)
      const actual = sum(bytes.slice(monthStart - firstDay))
      const today = monthStart - firstDay + day - 1
      const known = [...bytes.slice(0, today), Math.round((bytes[today] ?? 0) / 2)]
      const { used, low, expected, high } = project({ firstDay, bytes: known }, Number.MAX_SAFE_INTEGER)
      const naive = (used / (day - 0.5)) * (bytes.length - (monthStart - firstDay))
      return {
        error: Math.abs(expected / actual - 1),
        naiveError: Math.abs(naive / actual - 1),
        isWithin: low <= actual && actual <= high,
      }
    })
    const mean = (values: number[]) => sum(values) / accounts
    return {
      shape: shape.name,
      day,
      error: mean(outcomes.map((one) => one.error)),
      naiveError: mean(outcomes.map((one) => one.naiveError)),
      coverage: mean(outcomes.map((one) => Number(one.isWithin))),
    }
  })
}
