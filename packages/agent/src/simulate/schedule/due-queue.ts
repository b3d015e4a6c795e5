interface Entry<T> {
  dueMs: number
  item: T
}

/**
 * Items ordered by due time in a binary heap: one queue and one timer for any number of devices (100,000 timers would cost
 * more than the check-ins).
 */
export class DueQueue<T> {
  readonly #heap: Entry<T>[] = []

  /** The number of items. */
  get size(): number {
    return this.#heap.length
  }

  /** Adds an item that is due at a time, in milliseconds since 1970. */
  push(dueMs: number, item: T): void {
    const heap = this.#heap
    const entry = { dueMs, item }
    let index = heap.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (!parent || parent.dueMs <= dueMs) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = entry
  }

  /** Removes and returns the item that has been due the longest; undefined when none is due yet. */
  takeDue(nowMs: number): Entry<T> | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (!first || first.dueMs > nowMs) return undefined
    const last = heap.pop()
    if (last && heap.length > 0) this.#sink(last)
    return first
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const isRight = left !== undefined && right !== undefined && right.dueMs < left.dueMs
      const child = isRight ? right : left
      if (!child || child.dueMs >= entry.dueMs) break
      heap[index] = child
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = entry
  }
}
