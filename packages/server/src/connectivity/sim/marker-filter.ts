import { markerKeyForm } from '@mason/contract/sim'
import { invalid } from '../../core/errors.ts'

/** Which values of a marker are asked for: all, or one. */
export interface MarkerFilter {
  key: string
  value: string | undefined
}

/** `key` or `key:value`; a value may hold colons itself. */
export function readMarker(marker: string | undefined): MarkerFilter | undefined {
  if (marker === undefined) return undefined
  const colon = marker.indexOf(':')
  const key = colon === -1 ? marker : marker.slice(0, colon)
  const value = colon === -1 ? undefined : marker.slice(colon + 1)
  if (!markerKeyForm.test(key) || value === '') throw invalid('/marker', 'must be a key or key:value')
  return { key, value }
}

/** One value of a marker, `key:value`. */
export function readMarkerValue(marker: string): { key: string; value: string } {
  const { key = '', value } = readMarker(marker) ?? {}
  if (value === undefined) throw invalid('/marker', 'must be of the form key:value')
  return { key, value }
}
