import { sharedNow } from '../clock.ts'
import { percentile } from '../compare.ts'

/** How long the requests of a kind took, and when each was due. */
export class Latencies {
  readonly #taken: { dueMs: number; ms: number }[] = []

  /** Notes one that has just been answered. @param dueMs when it had to be sent, by the shared clock */
  note(dueMs: number): void {
    this.#taken.push({ dueMs, ms: sharedNow() - dueMs })
  }

  /** Of those that were due in a period and outside of the periods left out. */
  describe(fromMs: number, toMs: number, leftOut: readonly [number, number][] = []): string {
    const counted = this.#taken.filter(
      ({ dueMs }) => dueMs >= fromMs && dueMs < toMs && !leftOut.some(([from, to]) => dueMs >= from && dueMs < to),
    )
    const times = counted.map(({ ms }) => ms)
    if (times.length === 0) return 'none'
    const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(0))
    return `${times.length.toLocaleString('en')}, p50 ${p50}, p99 ${p99}, worst ${worst} ms`
  }
}
