import {
  AttributionControl,
  type GeoJSONSource,
  LngLatBounds,
  Map as MapLibre,
  type MapSourceDataEvent,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl'
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import 'maplibre-gl/dist/maplibre-gl.css'
import type { Palette } from '../../ui/palette.ts'
import { mapOrigins } from './map-style.ts'
import { mapLabel, mostDots, type TrackProps } from './track.ts'

/** A track that is drawn on a map of MapLibre. */
export interface MapLibreTrack {
  show: (fixes: TrackProps['fixes']) => void
  zoom: (factor: number) => void
  /** To the track. */
  goHome: () => void
  /** To the whole world. */
  goOut: () => void
  remove: () => void
}

interface DrawingOptions {
  /** The address of a MapLibre style. */
  style: string
  palette: Palette
  onReady: () => void
  /** Told once, and only when there is nothing to look at. */
  onFault: (reason: string) => void
}

// The worker keeps to the policy that its file was served with, and that is kept with the file: other origins, another file.
setWorkerUrl(`${worker}?${new URLSearchParams({ origins: mapOrigins })}`)

const track = 'mason-track'

/** Draws the operator's map, ready for a track; undefined, and a fault told, where the browser cannot. */
export function drawTrack(
  container: HTMLElement,
  { style, palette, onReady, onFault }: DrawingOptions,
): MapLibreTrack | undefined {
  const host = new URL(style).host
  if (!document.createElement('canvas').getContext('webgl2')) {
    onFault('This browser cannot show the map because it has no WebGL.')
    return undefined
  }
  const map = new MapLibre({
    container,
    style,
    attributionControl: false,
    renderWorldCopies: true,
    locale: { 'Map.Title': mapLabel },
    // Many servers of tiles give them only to pages that say where they are from; the address of the device's page stays here.
    transformRequest: (url) => ({ url, referrerPolicy: 'origin' }),
  })
  map.addControl(new AttributionControl({ compact: true }))
  map.addControl(new ScaleControl({}), 'bottom-left')

  let home = new LngLatBounds([-180, -60, 180, 75])
  const goHome = (animate = true) => map.fitBounds(home, { padding: 56, maxZoom: 15, animate })
  let positions: [number, number][] = []
  const drawTrack = () => map.getSource<GeoJSONSource>(track)?.setData(trackOf(positions))

  let isStyled = false
  let hasTile = false
  map.on('style.load', () => {
    isStyled = true
    addTrack(map, palette)
    drawTrack()
    onReady()
  })
  map.on('sourcedata', ({ sourceId, tile }: MapSourceDataEvent) => {
    if (tile && sourceId !== track) hasTile = true
  })
  map.on('error', (event) => {
    // A glyph or a tile that is missing in a map that is there is no reason to take the map away.
    if (isStyled && (hasTile || !('sourceId' in event))) return
    const needed = refusedOrigin(event.error)
    if (needed)
      onFault(`The map needs ${needed}, which this server blocks. Its operator can allow it with MAP_ORIGINS.`)
    else onFault(isStyled ? 'The map’s tiles could not be loaded.' : `The map could not be loaded from ${host}.`)
  })

  return {
    show: (fixes) => {
      positions = fixes.map(({ longitude, latitude }) => [longitude, latitude])
      home = positions.reduce((bounds, position) => bounds.extend(position), new LngLatBounds())
      drawTrack()
      goHome(false)
    },
    zoom: (factor) => map.zoomTo(map.getZoom() + Math.log2(factor)),
    goHome: () => goHome(),
    goOut: () => map.easeTo({ center: [0, 25], zoom: 0 }),
    remove: () => map.remove(),
  }
}

/** The origin that the page's policy kept from being asked, if that is why. */
function refusedOrigin(error: { message: string }): string | undefined {
  const url = 'url' in error && typeof error.url === 'string' ? error.url : ''
  const origin = URL.canParse(url) ? new URL(url).origin : undefined
  return origin === location.origin || mapOrigins.split(' ').includes(origin ?? '') ? undefined : origin
}

function addTrack(map: MapLibre, { brick, accent, surface }: Palette): void {
  map.addSource(track, { type: 'geojson', data: trackOf([]) })
  map.addLayer({
    id: `${track}-line`,
    source: track,
    type: 'line',
    filter: ['==', ['get', 'kind'], 'line'],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': brick, 'line-width': 2.5, 'line-opacity': 0.85 },
  })
  map.addLayer({
    id: `${track}-dots`,
    source: track,
    type: 'circle',
    filter: ['==', ['get', 'kind'], 'dot'],
    paint: { 'circle-radius': 3, 'circle-color': brick },
  })
  map.addLayer({
    id: `${track}-here`,
    source: track,
    type: 'circle',
    filter: ['==', ['get', 'kind'], 'here'],
    paint: {
      'circle-radius': 6.5,
      'circle-color': accent,
      'circle-stroke-width': 2.5,
      'circle-stroke-color': surface,
    },
  })
}

function trackOf(positions: [number, number][]): GeoJSON.FeatureCollection {
  const [here] = positions
  const point = (kind: string, coordinates: [number, number]): GeoJSON.Feature => ({
    type: 'Feature',
    properties: { kind },
    geometry: { type: 'Point', coordinates },
  })
  return {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: { kind: 'line' }, geometry: { type: 'LineString', coordinates: positions } },
      ...positions.slice(0, mostDots).map((position) => point('dot', position)),
      ...(here ? [point('here', here)] : []),
    ],
  }
}
