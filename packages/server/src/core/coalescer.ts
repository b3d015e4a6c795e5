import { Waiting } from './waiting.ts'

/** One piece of work in a batch, and whom to tell of its end. */
interface Work<Item, Result> {
  item: Item
  since: number
  resolve(result: Result): void
  reject(error: unknown): void
  /** Whether it was told that it has waited too long; what of it is under way ends by itself. */
  isGivenUp: boolean
}

interface Options<Item, Result> {
  /** Does the work of a whole batch; the results are in the order of the items. */
  run(items: Item[]): Promise<Result[]>
  /**
   * Does beforehand what takes less; what it has no result of is left to `run`, and so is everything where it fails. That has lanes of
   * its own: what takes long holds up nothing that does not, and goes together in larger batches.
   */
  runAhead?(items: Item[]): Promise<(Result | undefined)[]>
  /** Items of one name never share a batch: their order is kept. Without it, all may. */
  nameOf?(item: Item): string
  maxBatch: number
  /** Batches under way at once. */
  lanes: number
  bound: {
    /** How many items may be without a result. */
    maxWaiting: number
    /** How long each may be. What is under way then may still be done. */
    patienceMs: number
    /** What one more is refused with, and one that has waited too long. */
    overloaded(): Error
  }
  /** How long a batch gathers before it starts; without it, for this turn of the loop. */
  gatherMs?: number
  /**
   * Whether the reason of a failure may lie in a single item. Then the halves of the batch are tried by themselves, down to
   * that item, so that it keeps no other from being done; else the batch fails as a whole.
   */
  isOfOne?(error: unknown): boolean
  /** Items that somebody else's lock may hold up: they wait apart, and nothing else waits with them. */
  locks?: {
    /** Whether a batch failed because it waited too long for a lock. */
    isHeldUp(error: unknown): boolean
    /** Those of the items whose lock cannot be had now; fails where that cannot be told of any. */
    findHeldUp(items: Item[]): Promise<Set<Item>>
  }
}

export interface Coalescer<Item, Result> {
  (item: Item): Promise<Result>
  /** How many items have no result yet. */
  readonly waiting: number
  /** How long the oldest of the last batch waited for its end; 0 when no batch is under way, but for what waits for a lock. */
  readonly latenessMs: number
}

/** Attempts under way at once for items that wait for a lock; each takes a connection. */
const lanesApart = 2
/** Batches under way at once of what was left by `runAhead`. */
const lanesOfRest = 2

/**
 * Gathers what arrives while the batches before it are under way, so that load makes batches larger instead of the queue
 * longer. An item alone is held back only by `gatherMs`.
 */
export function coalescer<Item, Result>(options: Options<Item, Result>): Coalescer<Item, Result> {
  const { run, runAhead, nameOf, maxBatch, lanes, bound, gatherMs, isOfOne = () => false, locks } = options
  type One = Work<Item, Result>
  /** Not begun yet. */
  const queue = new Set<One>()
  /** Left by `runAhead`, and not begun yet. */
  const left = new Set<One>()
  /** Held up by a lock, until it is tried again. */
  const apart = new Set<One>()
  const busy = new Set<string>()
  let running = 0
  let runningRest = 0
  let runningApart = 0
  let isGathering = false
  let lastTookMs = 0

  const waiting = new Waiting<One>({
    max: bound.maxWaiting,
    patienceMs: bound.patienceMs,
    onOver: (work) => {
      work.isGivenUp = true
      queue.delete(work)
      if (left.delete(work) || apart.delete(work)) letNextOfName(work)
      work.reject(bound.overloaded())
      gather()
    },
  })

  const isBusy = ({ item }: One): boolean => nameOf !== undefined && busy.has(nameOf(item))
  const letNextOfName = ({ item }: One): void => {
    if (nameOf) busy.delete(nameOf(item))
  }

  const takeBatch = (): One[] => {
    const batch: One[] = []
    for (const work of queue) {
      if (batch.length === maxBatch) break
      if (isBusy(work)) continue
      if (nameOf) busy.add(nameOf(work.item))
      queue.delete(work)
      batch.push(work)
    }
    return batch
  }

  const finish = (work: One, tell: () => void): void => {
    letNextOfName(work)
    waiting.delete(work)
    tell()
  }

  const noteEnd = ([oldest]: One[]): void => {
    if (oldest) lastTookMs = performance.now() - oldest.since
  }

  const runBatchAhead = async (batch: One[], run: NonNullable<typeof runAhead>): Promise<void> => {
    const results = await run(batch.map(({ item }) => item)).catch(() => [])
    for (const [index, work] of batch.entries()) {
      const result = results[index]
      if (result !== undefined) finish(work, () => work.resolve(result))
      else if (work.isGivenUp) letNextOfName(work)
      else left.add(work)
    }
    void runRest()
  }

  const runRest = async (): Promise<void> => {
    if (runningRest === lanesOfRest || left.size === 0) return
    const batch = [...left].slice(0, maxBatch)
    for (const work of batch) left.delete(work)
    runningRest++
    await runBatch(batch)
    runningRest--
    noteEnd(batch)
    void runRest()
    gather()
  }

  /** Nobody waits any more for what was given up: it is not tried again. */
  const withoutGivenUp = (batch: One[]): One[] =>
    batch.filter((work) => {
      if (work.isGivenUp) letNextOfName(work)
      return !work.isGivenUp
    })

  const runBatch = async (whole: One[]): Promise<void> => {
    const batch = withoutGivenUp(whole)
    if (batch.length === 0) return
    try {
      const results = await run(batch.map(({ item }) => item))
      for (const [index, work] of batch.entries()) finish(work, () => work.resolve(results[index] as Result))
    } catch (error) {
      await runFailed(batch, error)
    }
  }

  /** Tries again without what made the batch fail, where that can be found; else every item fails. */
  const runFailed = async (batch: One[], error: unknown): Promise<void> => {
    if (locks?.isHeldUp(error)) await runFree(batch, locks)
    else if (batch.length > 1 && isOfOne(error)) await runHalves(batch)
    else for (const work of batch) finish(work, () => work.reject(error))
  }

  const runHalves = async (batch: One[]): Promise<void> => {
    const middle = batch.length >> 1
    await runBatch(batch.slice(0, middle))
    await runBatch(batch.slice(middle))
  }

  /** Sets apart what is held up, and runs the rest. */
  const runFree = async (batch: One[], { findHeldUp }: NonNullable<typeof locks>): Promise<void> => {
    const items = batch.map(({ item }) => item)
    const held = items.length === 1 ? new Set(items) : await findHeldUp(items).catch(() => undefined)
    // Not a row but the whole table is locked.
    if (!held) return runBatch(batch)
    for (const work of batch) if (held.has(work.item)) setApart(work)
    const free = batch.filter(({ item }) => !held.has(item))
    // Held up by something else than an item's own lock, or no longer: smaller batches meet fewer locks.
    if (free.length === batch.length) await runHalves(batch)
    else await runBatch(free)
  }

  const setApart = (work: One): void => {
    if (work.isGivenUp) {
      letNextOfName(work)
      return
    }
    apart.add(work)
    void runApart()
  }

  const runApart = async (): Promise<void> => {
    if (runningApart === lanesApart) return
    const [work] = apart
    if (!work) return
    apart.delete(work)
    runningApart++
    await tryApart(work)
    runningApart--
    void runApart()
    gather()
  }

  const tryApart = async (work: One): Promise<void> => {
    try {
      const [result] = await run([work.item])
      finish(work, () => work.resolve(result as Result))
    } catch (error) {
      if (locks?.isHeldUp(error)) setApart(work)
      else finish(work, () => work.reject(error))
    }
  }

  const next = async (): Promise<void> => {
    if (running === lanes || queue.size === 0) return
    const batch = takeBatch()
    if (batch.length === 0) return
    running++
    await (runAhead ? runBatchAhead(batch, runAhead) : runBatch(batch))
    running--
    noteEnd(batch)
    if (!isGathering) void next()
  }

  const gather = (): void => {
    if (isGathering || queue.size === 0) return
    isGathering = true
    const start = () => {
      isGathering = false
      void next()
    }
    // Everything that the sockets brought in this turn of the loop shares the batch.
    if (gatherMs === undefined) setImmediate(start)
    else setTimeout(start, gatherMs)
  }

  const take = (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (waiting.isFull) return reject(bound.overloaded())
      const work: One = { item, since: performance.now(), resolve, reject, isGivenUp: false }
      waiting.add(work)
      queue.add(work)
      gather()
    })
  return Object.defineProperties(take, {
    waiting: { get: () => waiting.size },
    latenessMs: { get: () => (running + runningRest > 0 ? lastTookMs : 0) },
  }) as Coalescer<Item, Result>
}
