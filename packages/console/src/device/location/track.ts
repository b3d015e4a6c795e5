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

/** As many dots as can be told apart. */
export const mostDots = 400
