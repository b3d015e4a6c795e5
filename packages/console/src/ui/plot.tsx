import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { bytes } from './numbers.ts'
import { type Palette, readPalette } from './palette.ts'
import classes from './plot.module.css'
import { dayOf } from './time.tsx'

/** What is drawn, and what the legend tells of it: of the day that is pointed at, or of the whole while none is. */
export interface PlotSeries extends uPlot.Series {
  label: string
  color: string
  tell: (day: number | undefined) => string | undefined
}

interface PlotProps {
  label: string
  data: uPlot.AlignedData
  series: (palette: Palette) => PlotSeries[]
  bands?: (palette: Palette) => uPlot.Band[]
  height?: number
}

/** Bytes by day, on a canvas; what it shows is also told in words or a table beside it. */
export function Plot({ label, data, series, bands, height = 260 }: PlotProps) {
  const { ref, width } = useElementSize()
  const canvas = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme()
  const [day, setDay] = useState<number>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colors come with the scheme
  const parts = useMemo(() => series(readPalette()), [series, scheme])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colors come with the scheme
  useEffect(() => {
    if (!canvas.current || width === 0) return
    const palette = readPalette()
    const plot = new uPlot(
      {
        width,
        height,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        legend: { show: false },
        hooks: { setCursor: [({ cursor: { idx } }) => setDay(idx ?? undefined)] },
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
        series: [{}, ...parts],
        ...(bands && { bands: bands(palette) }),
      },
      data,
      canvas.current,
    )
    return () => plot.destroy()
  }, [data, parts, width, height, scheme])
  const time = day === undefined ? undefined : data[0][day]
  return (
    <>
      <div className={classes.plot} ref={ref} role="img" aria-label={label}>
        <div ref={canvas} />
      </div>
      <ul className={classes.legend}>
        {parts.map(({ label: name, color, dash, tell }) => (
          <li key={name}>
            <span className={classes.marker} data-dashed={dash !== undefined} style={{ color: color }} />
            {name} <span className={classes.value}>{tell(day)}</span>
          </li>
        ))}
        {time !== undefined && <li className={classes.day}>{dayOf(new Date(time * 1000).toISOString())}</li>}
      </ul>
    </>
  )
}

const halfDay = 43_200

const axis = ({ dim, line }: Palette): uPlot.Axis => ({
  stroke: dim,
  font: "12px 'Geist Variable', sans-serif",
  grid: { stroke: line, width: 1 },
  ticks: { show: false },
})
