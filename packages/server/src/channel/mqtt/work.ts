import { setTimeout as sleep } from 'node:timers/promises'
import type { Loop } from '../../core/background.ts'

const retryMs = 1_000

/** What is to be written. */
interface Wanted {
  write(): Promise<unknown>
  isWanted(): boolean
}

/** Work of a gateway that nobody waits for but its end. */
export class Work {
  readonly #stopping = new AbortController()
  readonly #pending = new Set<Promise<unknown>>()
  /** By name. */
  readonly #latest = new Map<string, Wanted>()

  /** From now on nothing is waited for and nothing repeated. */
  stop(): void {
    this.#stopping.abort()
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Resolves once nothing is under way. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }

  /** Waits for so long, or until the gateway stops. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    const forget = () => this.#pending.delete(work)
    work.then(forget, forget)
    return work
  }

  run(loop: Loop, work: () => Promise<unknown>): void {
    void this.track(loop.run(work))
  }

  /**
   * Repeats what the database did not take, until it does or nobody wants it any more. Of one name only the latest is wanted: it
   * begins when what is under way has ended.
   */
  persist(loop: Loop, name: string, write: () => Promise<unknown>, isWanted: () => boolean): void {
    if (!isWanted()) return
    const isUnderWay = this.#latest.has(name)
    this.#latest.set(name, { write, isWanted })
    if (!isUnderWay) void this.track(this.#persistLatest(loop, name))
  }

  async #persistLatest(loop: Loop, name: string): Promise<void> {
    for (let wanted = this.#latest.get(name); wanted; wanted = this.#latest.get(name)) {
      const isDone = !wanted.isWanted() || (await this.#succeeds(loop, wanted))
      if (this.#latest.get(name) !== wanted) continue
      if (isDone || this.isStopping) this.#latest.delete(name)
      else await this.pause(retryMs)
    }
  }

  async #succeeds(loop: Loop, { write }: Wanted): Promise<boolean> {
    try {
      await write()
      loop.succeeded()
      return true
    } catch (error) {
      if (!this.isStopping) loop.failed(error)
      return false
    }
  }
}
