type Close = () => unknown

const closers: Close[] = []
let closing: Promise<void> | undefined

/** Registers how something that was started is ended. */
export function onClose(close: Close): void {
  closers.push(close)
}

export const isClosing = () => closing !== undefined

/** Ends everything that was started, the last first; further calls wait for the same end. */
function closeAll(): Promise<void> {
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

/** Ends everything, then this process. */
export function quit(code: number): void {
  void closeAll().then(() => process.exit(code))
}

/** Does the work of a program and ends everything that it started, also on Ctrl-C and SIGTERM. */
export async function runProgram(
  work: () => Promise<void>,
  report: (error: unknown) => void = console.error,
): Promise<void> {
  closeOnSignals()
  try {
    await work()
  } catch (error) {
    if (!isClosing()) report(error)
    process.exitCode = 1
  } finally {
    await closeAll()
  }
}

function closeOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => quit(130))
}
