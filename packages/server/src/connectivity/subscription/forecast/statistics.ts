const consistency = 1.4826

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Keeps a number within this distance of zero. */
export const clamp = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value))

/** The value that this share of the values, from 0 to 1, lie below; between two of them, in proportion. */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const index = share * (sorted.length - 1)
  const [below = 0, above = below] = sorted.slice(Math.floor(index), Math.floor(index) + 2)
  return below + (above - below) * (index - Math.floor(index))
}

export const median = (values: Iterable<number>) => quantile(values, 0.5)

/** The standard deviation around zero, as the median of the distances says it: a few wild values do not move it. */
export const robustDeviation = (values: readonly number[]) => consistency * median(values.map(Math.abs))

/** Believes an estimate in the measure in which it stands out from its own error. */
export function shrink(estimate: number, error: number): number {
  const squares = estimate ** 2 + error ** 2
  return squares === 0 ? 0 : estimate * (estimate ** 2 / squares)
}

/** Numbers from 0 to below 1, always the same for one seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One draw from the standard normal distribution, by Box and Muller. */
export const normal = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
