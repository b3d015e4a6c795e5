import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for work no longer than so; says whether it came to its end. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController()
  try {
    const late = sleep(ms, false, { signal: waiting.signal }).catch(() => false)
    return await Promise.race([work.then(() => true), late])
  } finally {
    waiting.abort()
  }
}
