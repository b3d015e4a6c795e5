/**
 * The milliseconds to wait after consecutive failures: exponential back-off with full jitter, so that a fleet that failed
 * together does not return together.
 *
 * @param failures how many, including the last one.
 * @param firstMs the longest wait after the first failure; it doubles with each failure up to `longestMs`.
 * @param random from 0 to 1.
 */
export function backOffMs(
  failures: number,
  { firstMs, longestMs, random }: { firstMs: number; longestMs: number; random: number },
): number {
  return random * Math.min(longestMs, firstMs * 2 ** (failures - 1))
}
