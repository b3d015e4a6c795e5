/** Where a device was seen. */
interface Fix {
  latitude: number
  longitude: number
}

/** What every map of a device shows. */
export interface TrackProps {
  /** Newest first. */
  fixes: readonly Fix[]
}

/** What a map says of itself. */
export const mapLabel = 'Map of the device’s positions. Arrow keys pan, + and - zoom.'

/** As many dots as can be told apart. */
export const mostDots = 400
