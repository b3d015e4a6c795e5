import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { bytes } from './numbers.ts'
import { type Palette, readPalette } from './palette.ts'
import classes from './plot.module.css'

interface PlotProps {
  label: string
  data: uPlot.AlignedData
  series: (palette: Palette) => uPlot.Series[]
  bands?: (palette: Palette) => uPlot.Band[]
  height?: number
}

/** Bytes by day, on a canvas; what it shows is also told in words or a table beside it. */
export function Plot({ label, data, series, bands, height = 260 }: PlotProps) {
  const { ref, width } = useElementSize()
  const canvas = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours come with the scheme
  useEffect(() => {
    if (!canvas.current || width === 0) return
    const palette = readPalette()
    const plot = new uPlot(
      {
        width,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        scales: {
          // Half a day on either side, for the bars of the first and the last.
          x: { range: (_, first, last) => [first - halfDay, last + halfDay] },
          y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] },
        },
        axes: [
          { ...axis(palette), values: '{DD} {MMM}', space: 64 },
          { ...axis(palette), size: 72, values: (_, splits) => splits.map(bytes) },
        ],
        series: [{ value: '{DD} {MMM} {YYYY}', label: 'Day' }, ...series(palette)],
        ...(bands && { bands: bands(palette) }),
      },
      data,
      canvas.current,
    )
    return () => plot.destroy()
  }, [data, width, height, scheme])
  return (
    <div className={classes.plot} ref={ref} role="img" aria-label={label}>
      <div ref={canvas} />
    </div>
  )
}

const halfDay = 43_200

const axis = ({ dim, line }: Palette): uPlot.Axis => ({
  stroke: dim,
  font: "12px 'Geist Variable', sans-serif",
  grid: { stroke: line, width: 1 },
  ticks: { show: false },
})
