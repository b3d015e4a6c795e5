import { Waiting } from '../waiting.ts'

interface Options<Item> {
  /** How many pass in one turn of the event loop. */
  inTurn: number
  /** How many may wait. */
  max: number
  /** How long each may wait. */
  patienceMs: number
  pass(item: Item): void
  /** Told of each that finds no room, and of each that has waited for too long. */
  refuse(item: Item): void
}

/**
 * Lets a crowd in a few at a time, in the order in which it came: whatever else the node does has its turn in between, so a
 * crowd that comes after a restart costs everybody else some milliseconds at a time.
 */
export class Turnstile<Item> {
  readonly #options: Options<Item>
  readonly #waiting: Waiting<Item>
  #isTurning = false

  constructor(options: Options<Item>) {
    const { max, patienceMs, refuse } = options
    this.#options = options
    this.#waiting = new Waiting({ max, patienceMs, onOver: refuse })
  }

  get waiting(): number {
    return this.#waiting.size
  }

  enter(item: Item): void {
    if (this.#waiting.isFull) {
      this.#options.refuse(item)
      return
    }
    this.#waiting.add(item)
    this.#turn()
  }

  /** It wants in no more. */
  leave(item: Item): void {
    this.#waiting.delete(item)
  }

  #turn(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    setImmediate(() => {
      this.#isTurning = false
      for (let passed = 0; passed < this.#options.inTurn; passed++) {
        const item = this.#waiting.shift()
        if (item === undefined) return
        this.#options.pass(item)
      }
      if (this.#waiting.size > 0) this.#turn()
    })
  }
}
