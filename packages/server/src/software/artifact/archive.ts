import { Threads } from '../../core/thread/threads.ts'

export interface Archive {
  type: 'apk' | 'media'
  file: string
  size: number
}

/** Enough for the 8 GiB that an archive may inflate to, on a machine that has other work. */
const timeoutMs = 600_000
/** Far more than archives take within the limits of zip.ts: where large texts use it up, Node ends the process and not the thread. */
const memoryMb = 1_024
const threads = new Threads(new URL('./archive-worker.ts', import.meta.url), { timeoutMs, memoryMb })

/**
 * Looks into an app or media in a thread of its own: an app of 60,000 files keeps it busy for seconds.
 *
 * @returns the facts that the bytes say.
 * @throws Error that says what is wrong; an AppError where that lies in this machine and not in the archive.
 */
export const inspectArchive = (archive: Archive): Promise<object> => threads.run(archive) as Promise<object>
