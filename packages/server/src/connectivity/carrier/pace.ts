import { setTimeout as sleep } from 'node:timers/promises'
import { CarrierFault } from './fault.ts'

/** A clock that counts otherwise, and a packet that is late, must not make one request too many of it. */
const shareOfLimit = 0.9

/** Spaces the requests of a connection evenly: the carrier's limit is never reached, whatever its window. */
export class Pace {
  readonly #spacingMs: number
  #next = 0
  #heldUntil = 0

  constructor(requestsPerSecond: number) {
    this.#spacingMs = 1000 / (requestsPerSecond * shareOfLimit)
  }

  /** Waits for the turn of a request. @throws CarrierFault while the carrier wants no more. */
  async turn(signal: AbortSignal): Promise<void> {
    this.#refuseHeld()
    const now = performance.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#spacingMs
    if (at > now) await sleep(at - now, undefined, { signal })
    // Timers are late, and may be late by different times: what comes after this one keeps its distance from now on.
    this.#next = Math.max(this.#next, performance.now() + this.#spacingMs)
    this.#refuseHeld()
  }

  /** Nothing is asked for so long. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + ms)
  }

  #refuseHeld(): void {
    const left = this.#heldUntil - performance.now()
    if (left > 0) throw new CarrierFault('busy', 'The carrier asked to wait', left)
  }
}
