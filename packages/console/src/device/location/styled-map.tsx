import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { readPalette } from '../../ui/palette.ts'
import classes from './location.module.css'
import { MapControls } from './map-controls.tsx'
import type { MapLibreTrack } from './maplibre-track.ts'
import type { TrackProps } from './track.ts'

interface StyledMapProps extends TrackProps {
  /** The address of a MapLibre style. */
  style: string
  isShown: boolean
  onReady: () => void
  /** Told why there is no map, for a person. */
  onFault: (reason: string) => void
}

/** A track on the operator's map, whose library is loaded no sooner than this is shown. */
export function StyledMap({ style, fixes, isShown, onReady, onFault }: StyledMapProps) {
  const container = useRef<HTMLDivElement>(null)
  const [map, setMap] = useState<MapLibreTrack>()
  const scheme = useComputedColorScheme()
  const ready = useEffectEvent(onReady)
  const fail = useEffectEvent(onFault)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colors come with the scheme
  useEffect(() => {
    const stop = new AbortController()
    import('./maplibre-track.ts')
      .then(({ drawTrack }) => {
        if (stop.signal.aborted || !container.current) return
        const drawn = drawTrack(container.current, {
          style,
          palette: readPalette(),
          onReady: () => ready(),
          onFault: (reason) => fail(reason),
        })
        stop.signal.addEventListener('abort', () => drawn?.remove())
        setMap(drawn)
      })
      .catch(() => {
        if (!stop.signal.aborted) fail('The map could not be loaded.')
      })
    return () => stop.abort()
  }, [style, scheme])
  useEffect(() => map?.show(fixes), [map, fixes])

  return (
    <div className={`${classes.map} ${classes.styled}`} data-shown={isShown} inert={!isShown}>
      <div ref={container} className={classes.canvas} />
      {map && <MapControls onZoom={map.zoom} onHome={map.goHome} onWorld={map.goOut} />}
    </div>
  )
}
