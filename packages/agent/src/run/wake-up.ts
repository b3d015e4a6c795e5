/** Cuts a wait short, even one that begins after the wake-up. */
export class WakeUp {
  #next = new AbortController()

  /** Ends the current wait, or the next one where there is none. */
  wake(): void {
    this.#next.abort()
  }

  /** Returns a signal that aborts at the next wake-up and discards earlier wake-ups. */
  take(): AbortSignal {
    if (this.#next.signal.aborted) this.#next = new AbortController()
    return this.#next.signal
  }
}
