/** A place on the map: x and y from 0 to 1 over the whole world. */
export interface Point {
  x: number
  y: number
}

const northernmost = 84

/** Web Mercator, the world as a square of size 1. */
export function project(longitude: number, latitude: number): Point {
  const clamped = Math.max(-northernmost, Math.min(northernmost, latitude))
  const sine = Math.sin((clamped * Math.PI) / 180)
  return { x: (longitude + 180) / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) }
}

/** A window of the map, its width and height in the map's own measure. */
export interface View {
  x: number
  y: number
  width: number
  height: number
}

/** The narrowest view: about a kilometer at the equator. */
const narrowest = 1 / 40_000

/** The view that shows all points with room around them, in the proportion of the frame. */
export function viewOf(points: readonly Point[], proportion: number, leastWidth: number): View {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const width = Math.min(1, Math.max(leastWidth, (right - left) * 1.4, (bottom - top) * 1.4 * proportion))
  return around({ x: (left + right) / 2, y: (top + bottom) / 2 }, width, proportion)
}

/** The same middle, nearer or further away. */
export function zoom({ x, y, width, height }: View, factor: number): View {
  const next = Math.min(1, Math.max(narrowest, width * factor))
  return around({ x: x + width / 2, y: y + height / 2 }, next, width / height)
}

export function move(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx * view.width, y: view.y + dy * view.height }
}

const around = ({ x, y }: Point, width: number, proportion: number): View => ({
  x: x - width / 2,
  y: y - width / proportion / 2,
  width,
  height: width / proportion,
})
