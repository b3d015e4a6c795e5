import type { Adb } from '@yume-chan/adb'

/** Android's log; on Linux, that of systemd. */
const commandFor = ({ banner: { product } }: Adb) =>
  product === 'linux' ? 'journalctl -f -n 200 --no-pager -o short-iso' : 'logcat'

/** Reads the log of a device, from a little back on, until the signal aborts. */
export async function readLog(adb: Adb, signal: AbortSignal, onLines: (lines: string[]) => void): Promise<void> {
  const { shellProtocol, noneProtocol } = adb.subprocess
  const command = commandFor(adb)
  try {
    const process = await (shellProtocol ?? noneProtocol).spawn(command, signal)
    Promise.resolve<unknown>(process.exited).catch(() => {})
    const output = 'stdout' in process ? process.stdout : process.output
    const reader = output.getReader()
    const decoder = new TextDecoder()
    let rest = ''
    while (!signal.aborted) {
      const { done, value } = await reader.read()
      if (done) break
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/)
      rest = parts.pop() ?? ''
      onLines(parts)
    }
  } catch (error) {
    if (!signal.aborted) onLines([`[${error instanceof Error ? error.message : String(error)}]`])
  }
  if (!signal.aborted) onLines(['[The log has ended]'])
}
