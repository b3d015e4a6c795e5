import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread } from './threads.ts'

const say = (message: FromThread) => parentPort?.postMessage(message)

/** Does the one piece of work that a thread is started for, and tells the outcome. */
export async function work<Data>(find: (data: Data) => unknown): Promise<void> {
  say({ hasBegun: true })
  try {
    say({ value: await find(workerData) })
  } catch (error) {
    const { message, syscall } = error as NodeJS.ErrnoException
    // What the system refuses says nothing of the file: the thread fails.
    if (syscall !== undefined) throw error
    say({ fault: message })
  }
}
