import { dayMs } from '@mason/contract/time'
import { normal, seeded } from '../src/connectivity/subscription/forecast/statistics.ts'

/** What makes the days of a synthetic account differ. */
export interface SeriesShape {
  name: string
  /** Of whole days before the held-out month. */
  history: number
  /** Factors from Sunday. */
  weekdays: readonly number[]
  /** Growth in thirty days, as a factor. */
  growth: number
  /** Standard deviation of a day's logarithm, and how much of it the next day keeps. */
  noise: number
  persistence: number
  /** Factors of a month's first days. */
  monthStart: readonly number[]
}

const even = [1, 1, 1, 1, 1, 1, 1]
const shops = [0.55, 1.05, 1, 1, 1.1, 1.35, 1.2]
const offices = [0.15, 1.3, 1.3, 1.25, 1.25, 1.1, 0.2]
const plain = { history: 181, weekdays: shops, growth: 1, noise: 0.08, persistence: 0.3, monthStart: [] }

export const seriesShapes: readonly SeriesShape[] = [
  { ...plain, name: 'weekly' },
  { ...plain, name: 'offices, noisy', weekdays: offices, noise: 0.2 },
  { ...plain, name: 'growing 15 % a month', growth: 1.15 },
  { ...plain, name: 'shrinking 10 % a month', growth: 0.9 },
  { ...plain, name: 'month-start effect', monthStart: [1.9, 1.6, 1.3, 1.1] },
  { ...plain, name: 'all of it', growth: 1.1, noise: 0.12, persistence: 0.5, monthStart: [1.7, 1.4, 1.2] },
  { ...plain, name: 'noise alone', weekdays: even, noise: 0.3, persistence: 0.2 },
  { ...plain, name: 'young (20 days)', history: 20 },
]

/** Days of an account up to the end of a month, the last of which are that month. */
export interface SyntheticSeries {
  firstDay: number
  monthStart: number
  bytes: number[]
}

/** One account of this shape; the held-out month is one of the year that the seed chooses. */
export function syntheticSeries(shape: SeriesShape, seed: number): SyntheticSeries {
  const random = seeded(seed)
  const month = Math.floor(random() * 12)
  const [monthStart, monthEnd] = [Date.UTC(2026, month) / dayMs, Date.UTC(2026, month + 1) / dayMs]
  const firstDay = monthStart - shape.history
  const level = 1e9 * Math.exp(2 * normal(random))
  let drift = 0
  const bytes = Array.from({ length: monthEnd - firstDay }, (_, index) => {
    const day = firstDay + index
    drift = shape.persistence * drift + Math.sqrt(1 - shape.persistence ** 2) * shape.noise * normal(random)
    const calendar =
      (shape.weekdays[(day + 4) % 7] ?? 1) * (shape.monthStart[new Date(day * dayMs).getUTCDate() - 1] ?? 1)
    return Math.round(level * calendar * shape.growth ** ((day - monthStart) / 30) * Math.exp(drift))
  })
  return { firstDay, monthStart, bytes }
}
