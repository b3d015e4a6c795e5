/** A connection that is checked once in every turn of the wheel. */
export interface KeptAlive {
  /** Called once in every turn: pings the peer, or ends the connection if the last ping was not answered. */
  check(): void
}

/** One timer for the keep-alives of any number of connections: a wheel of slots, one of which is due every second. */
export class KeepAlive {
  /** How long a turn takes, in seconds. */
  readonly seconds: number
  readonly #slots: readonly Set<KeptAlive>[]
  #timer: NodeJS.Timeout | undefined
  #index = 0
  #count = 0

  constructor(seconds: number) {
    this.seconds = seconds
    this.#slots = Array.from({ length: seconds }, () => new Set<KeptAlive>())
  }

  /**
   * Checks a connection from now on; connections that are added together are spread over the turn.
   *
   * @returns a function that stops the checks.
   */
  add(connection: KeptAlive): () => void {
    const slot = this.#slots[this.#count++ % this.#slots.length]
    slot?.add(connection)
    this.#timer ??= setInterval(() => this.#advance(), 1000).unref()
    return () => slot?.delete(connection)
  }

  /** Stops all checks. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #advance(): void {
    this.#index = (this.#index + 1) % this.#slots.length
    for (const connection of this.#slots[this.#index] ?? []) connection.check()
  }
}
