interface Entry<T> {
  dueMs: number
  item: T
}

/**
 * Items by the time they are due, as a binary heap: one queue and one timer for any number of devices (a timer for each of
 * 100,000 would cost more than the check-ins).
 */
export class DueQueue<T> {
  readonly #heap: Entry<T>[] = []

  get size(): number {
    return this.#heap.length
  }

  push(dueMs: number, item: T): void {
    const heap = this.#heap
    const entry = { dueMs, item }
    let place = heap.length
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = heap[parentPlace]
      if (!parent || parent.dueMs <= dueMs) break
      heap[place] = parent
      place = parentPlace
    }
    heap[place] = entry
  }

  /** Takes the item that has been due the longest; undefined when none is due yet. */
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
    let place = 0
    for (;;) {
      const left = heap[2 * place + 1]
      const right = heap[2 * place + 2]
      const isRight = left !== undefined && right !== undefined && right.dueMs < left.dueMs
      const child = isRight ? right : left
      if (!child || child.dueMs >= entry.dueMs) break
      heap[place] = child
      place = 2 * place + (isRight ? 2 : 1)
    }
    heap[place] = entry
  }
}
