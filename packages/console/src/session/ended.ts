import { useSyncExternalStore } from 'react'

const events = new EventTarget()
let hasEnded = false

/** Whether the session has ended while somebody filled in a form: they sign in over the page, and the form waits. */
export const useHasEnded = () => useSyncExternalStore(subscribe, () => hasEnded)

export function setHasEnded(next: boolean): void {
  hasEnded = next
  events.dispatchEvent(new Event('change'))
}

function subscribe(listener: () => void): () => void {
  events.addEventListener('change', listener)
  return () => events.removeEventListener('change', listener)
}
