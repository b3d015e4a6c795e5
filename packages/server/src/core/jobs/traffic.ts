import { setTimeout as sleep } from 'node:timers/promises'

/** Who is served later than this is served late; the targets of docs/performance.md allow 250 ms. */
const lateMs = 100
const lookEveryMs = 10
/** Background work goes on after so long, whatever is late: it must end one day. */
const mostMs = 1_000

/** How late devices are served on this node. Between two portions of background work, they come first. */
export class Traffic {
  readonly #lateness: (() => number)[] = []

  /** @param latenessMs how long who was served last had waited; 0 when nobody waits. */
  watch(latenessMs: () => number): void {
    this.#lateness.push(latenessMs)
  }

  /** Resolves when nobody is served late, or after a second. */
  async giveWay(): Promise<void> {
    const endsAt = performance.now() + mostMs
    while (this.#lateness.some((latenessMs) => latenessMs() > lateMs) && performance.now() < endsAt)
      await sleep(lookEveryMs)
  }
}
