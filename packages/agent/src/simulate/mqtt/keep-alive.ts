/** Something that wants to be looked at once in every turn of the wheel. */
export interface KeptAlive {
  /** Is it still well? Called once in every turn. */
  check(): void
}

/** One timer for the keep-alives of any number of connections: a wheel of slots, one of which is due every second. */
export class KeepAlive {
  /** How long a turn takes, in seconds. */
  readonly seconds: number
  readonly #slots: readonly Set<KeptAlive>[]
  #timer: NodeJS.Timeout | undefined
  #place = 0
  #count = 0

  constructor(seconds: number) {
    this.seconds = seconds
    this.#slots = Array.from({ length: seconds }, () => new Set<KeptAlive>())
  }

  /**
   * Looks at a connection from now on; those that came together are spread over the turn.
   *
   * @returns a function that ends it.
   */
  add(connection: KeptAlive): () => void {
    const slot = this.#slots[this.#count++ % this.#slots.length]
    slot?.add(connection)
    this.#timer ??= setInterval(() => this.#advance(), 1000).unref()
    return () => slot?.delete(connection)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #advance(): void {
    this.#place = (this.#place + 1) % this.#slots.length
    for (const connection of this.#slots[this.#place] ?? []) connection.check()
  }
}
