import { type ReactNode, useDeferredValue } from 'react'

/** Draws what can wait after what cannot, in slices that let everything else go first. */
export function Soon({ instead, children }: { instead: ReactNode; children: ReactNode }) {
  return useDeferredValue(true, false) ? children : instead
}
