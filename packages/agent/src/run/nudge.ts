/** Cuts a wait short, also one that begins only after the nudge. */
export class Nudge {
  #next = new AbortController()

  nudge(): void {
    this.#next.abort()
  }

  /** A signal that aborts with the next nudge; those before are over. */
  take(): AbortSignal {
    if (this.#next.signal.aborted) this.#next = new AbortController()
    return this.#next.signal
  }
}
