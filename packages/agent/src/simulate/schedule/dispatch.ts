import type { Clock } from './clock.ts'
import type { DueQueue } from './due-queue.ts'

// Longer ticks start requests in bursts, which then wait for each other and look slow.
const tickMs = 2
const graceMs = 5000

export interface Dispatch<T> {
  queue: DueQueue<T>
  /**
   * Runs an item that is due; never throws.
   *
   * @returns when it is due again, in milliseconds since 1970; undefined for never.
   */
  run: (item: T, dueMs: number) => Promise<number | undefined>
  /** How many may run at a time. */
  concurrency: number
  /** When to stop, in milliseconds since 1970. It is asked for again and again. */
  endMs: () => number
  /** Whether more comes into the queue from elsewhere; nothing does by default. */
  isFilling?: () => boolean
  clock: Clock
  signal: AbortSignal
}

/**
 * Runs items when they are due until the end time, the signal, or until nothing is left to do. What is in flight at the
 * end gets 5 seconds to finish.
 */
export async function dispatch<T>(options: Dispatch<T>): Promise<void> {
  const { queue, run, concurrency, endMs, isFilling = () => false, clock, signal } = options
  let inFlight = 0
  const isOver = () => signal.aborted || clock.now() >= endMs()

  async function runOne(item: T, dueMs: number): Promise<void> {
    const nextMs = await run(item, dueMs)
    inFlight -= 1
    if (nextMs !== undefined) queue.push(nextMs, item)
    // At full load the next item starts here and not at the next tick.
    launchDue()
  }

  function launchDue(): void {
    while (inFlight < concurrency && !isOver()) {
      const due = queue.takeDue(clock.now())
      if (!due) return
      inFlight += 1
      void runOne(due.item, due.dueMs)
    }
  }

  while (!isOver() && (queue.size > 0 || inFlight > 0 || isFilling())) {
    launchDue()
    await clock.delay(tickMs, signal).catch(() => {})
  }
  const graceEndMs = clock.now() + graceMs
  const never = new AbortController().signal
  while (inFlight > 0 && clock.now() < graceEndMs) await clock.delay(tickMs, never)
}
