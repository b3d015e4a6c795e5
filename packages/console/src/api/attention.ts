/** Long enough for a look at another tab. */
const lookAwayMs = 15_000

/**
 * A signal that aborts when nobody has looked at the page for a while. Browsers keep six connections to a server for all of its
 * tabs together: one that is hidden must not hold one, or the seventh tab never loads.
 */
export function watchAttention() {
  const gone = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => gone.abort(), lookAwayMs)
  }
  look()
  document.addEventListener('visibilitychange', look)
  return {
    signal: gone.signal,
    stop: () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    },
  }
}

/** Resolves as soon as somebody looks at the page, or the signal aborts. */
export function attention(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look, { signal })
    signal.addEventListener('abort', look, { once: true })
    look()
  })
}
