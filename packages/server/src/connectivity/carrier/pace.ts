import { setTimeout as sleep } from 'node:timers/promises'
import { CarrierFault } from './fault.ts'

/** A clock that counts otherwise, and a packet that is late, must not make one request too many of it. */
const shareOfLimit = 0.9

/** What is late may catch up by so much. */
const shareOfCatchingUp = 0.05

/**
 * Spaces the requests of a connection evenly: the carrier's limit is never reached, whatever its window. They go one after the other, so those
 * that a busy process kept waiting do not go all at once.
 */
export class Pace {
  readonly #spacingMs: number
  readonly #catchUpMs: number
  #next = 0
  #heldUntil = 0
  #last: Promise<void> = Promise.resolve()

  constructor(requestsPerSecond: number) {
    this.#spacingMs = 1000 / (requestsPerSecond * shareOfLimit)
    this.#catchUpMs = Math.floor(requestsPerSecond * shareOfCatchingUp) * this.#spacingMs
  }

  /** Waits for the turn of a request. @throws CarrierFault while the carrier wants no more. */
  turn(signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(() => this.#wait(signal))
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Nothing is asked for so long. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + ms)
  }

  async #wait(signal: AbortSignal): Promise<void> {
    this.#refuseHeld()
    const left = this.#next - this.#catchUpMs - performance.now()
    if (left > 0) await sleep(left, undefined, { signal })
    this.#refuseHeld()
    this.#next = Math.max(this.#next, performance.now()) + this.#spacingMs
  }

  #refuseHeld(): void {
    const left = this.#heldUntil - performance.now()
    if (left > 0) throw new CarrierFault('busy', 'The carrier asked to wait', left)
  }
}
