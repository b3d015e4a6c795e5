import { Threads } from '../../../core/thread/threads.ts'

const threads = new Threads(new URL('./worker.ts', import.meta.url), { timeoutMs: 5_000, memoryMb: 128 })

/**
 * Reads YAML in a thread of its own, which ends after a while: 90 kB of keys keep the parser busy for 6 s.
 *
 * @throws Error that says what is wrong; an AppError where that lies in this machine and not in the text.
 */
export const readYamlApart = (text: string): Promise<unknown> => threads.run(text)
