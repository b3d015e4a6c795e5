import { setTimeout as sleep } from 'node:timers/promises'

/** Work that is done again and again, as often as it takes until it is acknowledged. */
export class Load {
  readonly #loops: Promise<void>[] = []
  /** When work of each kind was last acknowledged that had begun after the mark. */
  readonly #done = new Map<string, number>()
  #markedAt = 0
  /** Why work was not acknowledged, each time. */
  readonly refusals: string[] = []
  #isOver = false

  /** Adds a kind; `once` does the next piece and rejects where it was not acknowledged: it is then tried again as it is. */
  add(kind: string, everyMs: number, once: (count: number) => Promise<void>): void {
    this.#done.set(kind, 0)
    this.#loops.push(this.#run(kind, everyMs, once))
  }

  async #run(kind: string, everyMs: number, once: (count: number) => Promise<void>): Promise<void> {
    for (let count = 1; !this.#isOver; count++) {
      await this.#acknowledged(kind, () => once(count))
      await sleep(everyMs)
    }
  }

  async #acknowledged(kind: string, work: () => Promise<void>): Promise<void> {
    for (;;) {
      const begunAt = performance.now()
      const isDone = await work().then(
        () => true,
        (error: Error) => {
          this.refusals.push(`${kind}: ${error.message}`)
          return false
        },
      )
      if (isDone) {
        if (begunAt >= this.#markedAt && !this.#done.get(kind)) this.#done.set(kind, performance.now())
        return
      }
      await sleep(100)
    }
  }

  /** From now on it is watched when each kind of work is done again. */
  mark(): void {
    this.#markedAt = performance.now()
    for (const kind of this.#done.keys()) this.#done.set(kind, 0)
  }

  /** Seconds from the mark until work of each kind was done; undefined while it is not. */
  back(): Record<string, number | undefined> {
    return Object.fromEntries(
      [...this.#done].map(([kind, at]) => [kind, at === 0 ? undefined : (at - this.#markedAt) / 1000]),
    )
  }

  async untilBack(seconds: number): Promise<number> {
    const deadline = this.#markedAt + seconds * 1000
    while (Object.values(this.back()).includes(undefined)) {
      if (performance.now() > deadline)
        throw new Error(`not back after ${seconds} s: ${JSON.stringify([this.back(), this.refusals.slice(-5)])}`)
      await sleep(50)
    }
    return Math.max(...Object.values(this.back()).map((one) => one ?? 0))
  }

  /** Lets everything that was begun be acknowledged. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }
}
