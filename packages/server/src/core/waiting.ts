interface Options<Item> {
  /** How many may wait. */
  max: number
  /** How long each may. */
  patienceMs: number
  /** Told of each that has waited for as long as it may; it waits no more. */
  onOver(item: Item): void
}

/** How often it is looked who has waited for too long. */
const lookEveryMs = 50
/** Those that are told in one turn of the event loop: between them, other requests come. */
const inTurn = 200

/** Everything that waits for one thing, in the order in which it came: never more than so many, and none for longer than so long. */
export class Waiting<Item> {
  readonly #options: Options<Item>
  readonly #since = new Map<Item, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options<Item>) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#since.size >= this.#options.max
  }

  get size(): number {
    return this.#since.size
  }

  add(item: Item): void {
    const now = performance.now()
    this.#since.set(item, now)
    this.#lookAt(now + this.#options.patienceMs, now)
  }

  /** It waits no more. @returns whether it did. */
  delete(item: Item): boolean {
    return this.#since.delete(item)
  }

  /** The one that has waited longest waits no more. */
  shift(): Item | undefined {
    for (const item of this.#since.keys()) {
      this.#since.delete(item)
      return item
    }
    return undefined
  }

  #lookAt(at: number, now: number): void {
    this.#timer ??= setTimeout(() => this.#look(), Math.max(lookEveryMs, at - now)).unref()
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    let told = 0
    for (const [item, since] of this.#since) {
      const overAt = since + this.#options.patienceMs
      if (overAt > now) {
        this.#lookAt(overAt, now)
        return
      }
      if (told === inTurn) {
        setImmediate(() => this.#look())
        return
      }
      told++
      this.#since.delete(item)
      this.#options.onOver(item)
    }
  }
}
