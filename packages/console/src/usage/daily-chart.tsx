import type { UsageElement } from '@mason/contract/usage'
import { useMemo } from 'react'
import uPlot from 'uplot'
import { bytes } from '../ui/numbers.ts'
import { Plot } from '../ui/plot.tsx'

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
  return (
    <Plot
      label={label}
      data={data}
      series={({ petrol, brick, dim }) => [
        {
          label: 'Upload',
          fill: brick,
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars }),
          value: (_plot, _total, _series, index) => shown(index === null ? undefined : days[index]?.usage.upload),
        },
        {
          label: 'Download',
          fill: petrol,
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars }),
          value: (_, download) => shown(download),
        },
        ...(before
          ? [
              {
                label: 'Month before',
                stroke: dim,
                width: 1.5,
                dash: [4, 4],
                points: { show: false },
                value: (_: uPlot, total: number | null) => shown(total),
              },
            ]
          : []),
      ]}
    />
  )
}

const shown = (value: number | null | undefined) => (value === null || value === undefined ? '–' : bytes(value))
