import type { forecastSubscription } from '@mason/contract/subscription'
import type { UsageElement } from '@mason/contract/usage'
import type { Answer } from '@mason/sdk/input'
import { useCallback, useMemo } from 'react'
import type uPlot from 'uplot'
import { bytes } from '../ui/numbers.ts'
import type { Palette } from '../ui/palette.ts'
import { Plot, type PlotSeries } from '../ui/plot.tsx'

interface ForecastChartProps {
  days: readonly UsageElement[]
  forecast: Answer<typeof forecastSubscription>['data'][number]
}

/** The month's use as it adds up, and the band in which it will probably end. */
export function ForecastChart({ days, forecast: { asOf, used, allowance, projected } }: ForecastChartProps) {
  const data = useMemo((): uPlot.AlignedData => {
    const today = days.findIndex(({ usage }) => usage.date.slice(0, 10) === asOf.slice(0, 10))
    const last = days.length - 1
    let sum = 0
    const soFar = days.map(({ usage }, index) => {
      sum += usage.total
      if (index === today) return used
      return index < today ? sum : null
    })
    // From today's sum to the month's end in a straight line: the forecast says only where it ends.
    const towards = (end: number) =>
      days.map((_, index) =>
        index < today ? null : used + ((end - used) * (index - today)) / Math.max(1, last - today),
      )
    return [
      days.map(({ usage }) => Date.parse(usage.date) / 1000),
      soFar,
      towards(projected.expected),
      towards(projected.high),
      towards(projected.low),
      days.map(() => allowance),
    ]
  }, [days, asOf, used, allowance, projected])
  const series = useCallback(
    ({ petrol, line, bad }: Palette): PlotSeries[] => {
      // At rest the legend says how it stands and how it will probably end.
      const amountAt = (row: number, rest: number) => (day: number | undefined) => {
        const total = day === undefined ? rest : data[row]?.[day]
        return typeof total === 'number' ? bytes(total) : '–'
      }
      const noPoints = { points: { show: false } }
      const band = { color: `color-mix(in srgb, ${petrol} 45%, transparent)`, stroke: line, width: 1, ...noPoints }
      const expected = { color: petrol, stroke: petrol, width: 2, dash: [5, 5], ...noPoints }
      return [
        { label: 'So far', color: petrol, stroke: petrol, width: 2.5, tell: amountAt(1, used) },
        { label: 'Expected', ...expected, tell: amountAt(2, projected.expected) },
        { label: 'At most', ...band, tell: amountAt(3, projected.high) },
        { label: 'At least', ...band, tell: amountAt(4, projected.low) },
        { label: 'Allowance', color: bad, stroke: bad, width: 1.5, ...noPoints, tell: amountAt(5, allowance) },
      ]
    },
    [data, used, allowance, projected],
  )
  return (
    <Plot
      label={`Data usage this month: ${bytes(used)} so far, ${bytes(projected.low)} to ${bytes(projected.high)} expected, of ${bytes(allowance)}`}
      data={data}
      series={series}
      bands={({ petrol }) => [{ series: [3, 4], fill: `color-mix(in srgb, ${petrol} 22%, transparent)` }]}
    />
  )
}
