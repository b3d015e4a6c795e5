import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'

// Both together stay under the five seconds within which a page is to be right again.
const probeMs = 1000
const probeTimeoutMs = 3000
/** What a proxy says of a server behind it that is away, and what a server says that cannot reach its database. */
const awayStatuses = [502, 503, 504]

const events = new EventTarget()
let isReachable = true
let isProbing = false

/** Fetches, and notes when the server cannot be reached. */
export async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, init)
    if (awayStatuses.includes(response.status)) void probe()
    return response
  } catch (error) {
    if (!init?.signal?.aborted) noteAway()
    throw error
  }
}

/** Whether the server can be reached, as far as is known. */
export const useIsReachable = () => useSyncExternalStore(subscribe, () => isReachable)

/** Calls back each time that the server can be reached again. */
export function useServerReturn(listener: () => void): void {
  const heard = useEffectEvent(listener)
  useEffect(() => {
    const entry = () => heard()
    events.addEventListener('return', entry)
    return () => events.removeEventListener('return', entry)
  }, [])
}

/** Resolves as soon as the server can be reached, or the signal aborts. */
export function serverReturn(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => events.addEventListener('return', () => resolve(), { once: true, signal }))
}

function subscribe(listener: () => void): () => void {
  events.addEventListener('change', listener)
  return () => events.removeEventListener('change', listener)
}

export function noteAway(): void {
  if (isReachable) {
    isReachable = false
    events.dispatchEvent(new Event('change'))
  }
  void probe()
}

/** Asks again and again until the server answers that it is ready. */
async function probe(): Promise<void> {
  if (isProbing) return
  isProbing = true
  do await pause(probeMs)
  while (!(await isReady()))
  isProbing = false
  isReachable = true
  events.dispatchEvent(new Event('change'))
  events.dispatchEvent(new Event('return'))
}

/** Whether the server answers, now. */
export async function isReady(): Promise<boolean> {
  try {
    return (await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(probeTimeoutMs) })).ok
  } catch {
    return false
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
