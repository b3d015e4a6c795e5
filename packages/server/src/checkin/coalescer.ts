/** One piece of work in a batch, and whom to tell of its end. */
interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

interface Options<Item, Result> {
  /** Does the work of a whole batch; the results are in the order of the items. */
  run(items: Item[]): Promise<Result[]>
  /** Items of one name never share a batch: their order is kept. */
  nameOf(item: Item): string
  maxBatch: number
  /** Batches under way at once. */
  lanes: number
  /**
   * Whether the reason of a failure may lie in a single item. Then the halves of the batch are tried by themselves, down to
   * that item, so that it keeps no other from being done; else the batch fails as a whole.
   */
  isOfOne?(error: unknown): boolean
  /** How long a batch gathers before it starts; without it, for this turn of the loop. */
  gatherMs?: number
}

/**
 * Gathers what arrives while the batches before it are under way, so that load makes batches larger instead of the queue
 * longer. An item alone is held back only by `gatherMs`.
 */
export function coalescer<Item, Result>({
  run,
  nameOf,
  maxBatch,
  lanes,
  isOfOne = () => false,
  gatherMs,
}: Options<Item, Result>) {
  let queue: Waiting<Item, Result>[] = []
  const busy = new Set<string>()
  let running = 0
  let isGathering = false

  const takeBatch = (): Waiting<Item, Result>[] => {
    const batch: Waiting<Item, Result>[] = []
    const later: Waiting<Item, Result>[] = []
    for (const waiting of queue) {
      const name = nameOf(waiting.item)
      if (batch.length === maxBatch || busy.has(name)) later.push(waiting)
      else {
        busy.add(name)
        batch.push(waiting)
      }
    }
    queue = later
    return batch
  }

  const runBatch = async (batch: Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item))
      for (const [place, { resolve }] of batch.entries()) resolve(results[place] as Result)
    } catch (error) {
      if (batch.length > 1 && isOfOne(error)) {
        const middle = batch.length >> 1
        await runBatch(batch.slice(0, middle))
        await runBatch(batch.slice(middle))
      } else for (const { reject } of batch) reject(error)
    }
  }

  const next = async (): Promise<void> => {
    if (running === lanes || queue.length === 0) return
    const batch = takeBatch()
    if (batch.length === 0) return
    running++
    await runBatch(batch)
    running--
    for (const { item } of batch) busy.delete(nameOf(item))
    if (!isGathering) next()
  }

  const gather = (): void => {
    if (isGathering) return
    isGathering = true
    const start = () => {
      isGathering = false
      next()
    }
    // Everything that the sockets brought in this turn of the loop shares the batch.
    if (gatherMs === undefined) setImmediate(start)
    else setTimeout(start, gatherMs)
  }

  return (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject })
      gather()
    })
}
