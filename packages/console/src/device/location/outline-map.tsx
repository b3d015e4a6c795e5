import { useElementSize } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type PointerEvent, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import classes from './location.module.css'
import { MapControls } from './map-controls.tsx'
import { move, type Point, project, type View, viewOf, zoom } from './mercator.ts'
import { mapLabel, mostDots, type TrackProps } from './track.ts'
import { world } from './world.ts'

/** Wide enough to recognize where on the world it is. */
const countryWidth = 0.045
const worldMiddle: Point[] = [
  { x: 0, y: 0.2 },
  { x: 1, y: 0.7 },
]
const steps: Record<string, [number, number]> = {
  ArrowLeft: [-0.15, 0],
  ArrowRight: [0.15, 0],
  ArrowUp: [0, -0.15],
  ArrowDown: [0, 0.15],
}

/** Where a device has been, on a built-in outline of the world: no request leaves this server. */
export function OutlineMap({ fixes }: TrackProps) {
  const { ref, width, height } = useElementSize()
  const points = useMemo(() => fixes.map(({ latitude, longitude }) => project(longitude, latitude)), [fixes])
  const proportion = height > 0 ? width / height : 2
  const home = useMemo(() => viewOf(points, proportion, countryWidth), [points, proportion])
  const [chosen, setChosen] = useState<View>()
  const view = chosen ?? home
  const { data: outline } = useQuery(world)

  const svg = useRef<SVGSVGElement>(null)
  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault()
    setChosen(zoom(view, event.deltaY > 0 ? 1.2 : 1 / 1.2))
  })
  useEffect(() => {
    // React listens to the wheel passively, which could not keep the page from scrolling.
    const element = svg.current
    const listen = (event: WheelEvent) => onWheel(event)
    element?.addEventListener('wheel', listen, { passive: false })
    return () => element?.removeEventListener('wheel', listen)
  }, [])
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setChosen(move(view, -event.movementX / width, -event.movementY / height))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = steps[event.key]
    if (step) setChosen(move(view, ...step))
    else if (event.key === '+') setChosen(zoom(view, 0.5))
    else if (event.key === '-') setChosen(zoom(view, 2))
    else return
    event.preventDefault()
  }

  const [here] = points
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  return (
    <div className={classes.map} ref={ref}>
      <svg
        ref={svg}
        viewBox={`${view.x} ${view.y} ${view.width} ${view.height}`}
        role="img"
        aria-label={mapLabel}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is moved by arrow keys
        tabIndex={0}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      >
        {outline && (
          <>
            <path className={classes.land} d={outline.land} fillRule="evenodd" />
            <path className={classes.borders} d={outline.borders} />
          </>
        )}
        <path className={classes.track} d={path} />
        {points.slice(0, mostDots).map(({ x, y }) => (
          <path key={`${x} ${y}`} className={classes.dot} d={`M${x} ${y}h0`} />
        ))}
        {here && (
          <>
            <path className={classes.halo} d={`M${here.x} ${here.y}h0`} />
            <path className={classes.here} d={`M${here.x} ${here.y}h0`} />
          </>
        )}
      </svg>
      <MapControls
        onZoom={(factor) => setChosen(zoom(view, 1 / factor))}
        onHome={() => setChosen(undefined)}
        onWorld={() => setChosen(viewOf(worldMiddle, proportion, 1))}
      />
      <Scale view={view} width={width} />
      <span className={classes.source}>Outline: Natural Earth</span>
    </div>
  )
}

const equatorMeters = 40_075_017

/** A bar of a round length, to judge distances by. */
function Scale({ view, width }: { view: View; width: number }) {
  if (width === 0) return undefined
  const middle = 0.5 - (view.y + view.height / 2)
  const metersPerPixel = (equatorMeters * view.width) / width / Math.cosh(middle * 2 * Math.PI)
  const most = metersPerPixel * 110
  const power = 10 ** Math.floor(Math.log10(most))
  const meters = power * ([5, 2, 1].find((step) => step * power <= most) ?? 1)
  return (
    <span className={classes.scale} style={{ width: meters / metersPerPixel }}>
      {meters >= 1000 ? `${meters / 1000} km` : `${meters} m`}
    </span>
  )
}
