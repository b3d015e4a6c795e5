import { sharedNow } from '../clock.ts'

/** Steps of 1.1 % up to 65 s. */
const stepsEachDoubling = 64
const steps = 16 * stepsEachDoubling
const stepOf = (ms: number) => Math.min(steps - 1, Math.floor(Math.log2(1 + Math.max(0, ms)) * stepsEachDoubling))
const msOf = (step: number) => 2 ** ((step + 0.5) / stepsEachDoubling) - 1

/**
 * How long the requests of a kind took, counted for each second in which they were due. One by one they would stall this process,
 * which sends the load: a collection of a million objects takes as long as what is measured.
 */
export class Latencies {
  readonly #seconds = new Map<number, Uint32Array>()

  /** Notes one that has just been answered. @param dueMs when it had to be sent, by the shared clock */
  note(dueMs: number): void {
    const second = Math.floor(dueMs / 1000)
    const counts = this.#seconds.get(second) ?? new Uint32Array(steps)
    this.#seconds.set(second, counts)
    const step = stepOf(sharedNow() - dueMs)
    counts[step] = (counts[step] ?? 0) + 1
  }

  /** Of those that were due in a period and outside of the periods left out, by whole seconds. */
  describe(fromMs: number, toMs: number, leftOut: readonly [number, number][] = []): string {
    const sums = new Float64Array(steps)
    for (const [second, counts] of this.#seconds) {
      const isOf = ([from, to]: readonly [number, number]) => second * 1000 > from - 1000 && second * 1000 < to
      if (!isOf([fromMs, toMs]) || leftOut.some(isOf)) continue
      for (const [step, count] of counts.entries()) sums[step] = (sums[step] ?? 0) + count
    }
    const total = sums.reduce((sum, count) => sum + count, 0)
    if (total === 0) return 'none'
    const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => msOf(reach(sums, share * total)).toFixed(0))
    return `${total.toLocaleString('en')}, p50 ${p50}, p99 ${p99}, worst ${worst} ms`
  }
}

/** The step by which so many have been counted. */
function reach(counts: Float64Array, many: number): number {
  let sum = 0
  return counts.findIndex((count) => {
    sum += count
    return sum >= many
  })
}
