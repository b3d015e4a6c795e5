type Close = () => unknown

const closers: Close[] = []
let closing: Promise<void> | undefined

/** Whatever is started says here how it is ended. */
export function onClose(close: Close): void {
  closers.push(close)
}

/** Ends everything that was started, the last first; calling it again waits for the same end. */
export function closeAll(): Promise<void> {
  closing ??= (async () => {
    for (const close of closers.reverse())
      try {
        await close()
      } catch (error) {
        process.stderr.write(`${error}\n`)
      }
  })()
  return closing
}

/** Ctrl-C and SIGTERM end everything too. */
export function closeOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      closeAll().then(() => process.exit(130))
    })
}
