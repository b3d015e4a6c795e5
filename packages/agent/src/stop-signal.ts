/** Returns a signal that aborts at the first SIGINT or SIGTERM; the second one ends the process. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  return stop.signal
}
