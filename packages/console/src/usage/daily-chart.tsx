import type { UsageElement } from '@mason/contract/usage'
import { useCallback, useMemo } from 'react'
import uPlot from 'uplot'
import { bytes } from '../ui/numbers.ts'
import type { Palette } from '../ui/palette.ts'
import { Plot, type PlotSeries } from '../ui/plot.tsx'

interface DailyChartProps {
  label: string
  days: readonly UsageElement[]
  /** The month before, day by day, to compare with. */
  before?: readonly UsageElement[] | undefined
}

const bars = uPlot.paths.bars?.({ size: [0.62, 28], radius: 0.15 })

/** Upload upon download for each day. */
export function DailyChart({ label, days, before }: DailyChartProps) {
  const data = useMemo((): uPlot.AlignedData => {
    const rows: uPlot.AlignedData = [
      days.map(({ usage }) => Date.parse(usage.date) / 1000),
      days.map(({ usage }) => usage.total),
      days.map(({ usage }) => usage.download),
    ]
    return before ? [...rows, days.map((_, index) => before[index]?.usage.total ?? null)] : rows
  }, [days, before])
  const series = useCallback(
    ({ petrol, brick, dim }: Palette): PlotSeries[] => {
      const bar = { width: 0, points: { show: false }, ...(bars && { paths: bars }) }
      const amountAt =
        (of: readonly UsageElement[], part: 'upload' | 'download' | 'total') => (day: number | undefined) =>
          day === undefined ? undefined : shown(of[day]?.usage[part])
      return [
        { label: 'Upload', color: brick, fill: brick, ...bar, tell: amountAt(days, 'upload') },
        { label: 'Download', color: petrol, fill: petrol, ...bar, tell: amountAt(days, 'download') },
        ...(before
          ? [
              {
                label: 'Previous month',
                color: dim,
                stroke: dim,
                width: 1.5,
                dash: [4, 4],
                points: { show: false },
                tell: amountAt(before, 'total'),
              },
            ]
          : []),
      ]
    },
    [days, before],
  )
  return <Plot label={label} data={data} series={series} />
}

const shown = (value: number | undefined) => (value === undefined ? '–' : bytes(value))
