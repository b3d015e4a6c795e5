import { vi } from 'vitest'

/** How long a test waits for what must come: a test that is slow because the machine is must not fail by it. */
export const patienceMs = 25_000

/** Repeats a check until it passes. How soon that is is no concern of the tests. */
export const eventually = <T>(check: () => T | Promise<T>, { interval = 20 }: { interval?: number } = {}): Promise<T> =>
  vi.waitFor(check, { timeout: patienceMs, interval })
