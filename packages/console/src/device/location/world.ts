import { queryOptions } from '@tanstack/react-query'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import outline from 'world-atlas/countries-50m.json?url'
import { project } from './mercator.ts'

/** Land and the borders between countries, as paths over a world of size 1. */
export interface World {
  land: string
  borders: string
}

/** The outline of the world, built in: Natural Earth, public domain. */
export const world = queryOptions({
  queryKey: ['world'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<World> => {
    const topology = (await (await fetch(outline)).json()) as Topology<{
      countries: GeometryCollection
      land: GeometryCollection
    }>
    const { countries, land } = topology.objects
    const shapes = feature(topology, land)
    const polygons = shapes.features.flatMap(({ geometry }) => polygonsOf(geometry))
    const inner = mesh(topology, countries, (a, b) => a !== b)
    return {
      land: polygons
        .flat()
        .map((ring) => `${line(ring)}z`)
        .join(''),
      borders: inner.coordinates.map(line).join(''),
    }
  },
})

function polygonsOf(geometry: GeoJSON.Geometry): GeoJSON.Position[][][] {
  if (geometry.type === 'MultiPolygon') return geometry.coordinates
  return geometry.type === 'Polygon' ? [geometry.coordinates] : []
}

function line(positions: readonly (readonly number[])[]): string {
  return positions
    .map(([longitude = 0, latitude = 0], index) => {
      const { x, y } = project(longitude, latitude)
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(6)} ${y.toFixed(6)}`
    })
    .join('')
}
