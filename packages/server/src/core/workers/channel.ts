import type { Message, Spending } from './messages.ts'

/** A message is lost with the process that it is for: nothing may depend on it. */
function send(message: Message, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, done)
  else done()
}

/** Tells the primary process that this worker serves. */
export const tellReady = (url: string, mqttPort: number | undefined): void => send({ kind: 'ready', url, mqttPort })

/** Tells the primary process why this worker cannot start; resolves once it is said. */
export const tellFault = (message: string): Promise<void> =>
  new Promise((resolve) => send({ kind: 'fault', message }, resolve))

interface Shared {
  /** Hands over what was taken since the last call. */
  spent(): Spending[]
  /** Takes what was taken at other workers. */
  spend(spent: readonly Spending[]): void
}

/** As long as a request is counted here alone. */
const shareEveryMs = 50

/** Tells the other workers of this machine what was taken out of the buckets here, and the other way around. */
export function shareSpendings(buckets: Shared): { stop(): void } {
  const receive = (message: Message) => {
    if (message.kind === 'spent') buckets.spend(message.spent)
  }
  const timer = setInterval(() => {
    const spent = buckets.spent()
    if (spent.length > 0) send({ kind: 'spent', spent })
  }, shareEveryMs).unref()
  process.on('message', receive)
  return {
    stop: () => {
      clearInterval(timer)
      process.off('message', receive)
    },
  }
}
