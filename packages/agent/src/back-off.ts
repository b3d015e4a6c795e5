/**
 * How long to wait after failures in a row: exponential with full jitter, so that a fleet that failed together does not
 * return together.
 *
 * @param failures how many, the last one included.
 * @param firstMs the longest wait after the first; it doubles with each.
 * @param random from 0 to 1.
 */
export function backOffMs(
  failures: number,
  { firstMs, longestMs, random }: { firstMs: number; longestMs: number; random: number },
): number {
  return random * Math.min(longestMs, firstMs * 2 ** (failures - 1))
}
