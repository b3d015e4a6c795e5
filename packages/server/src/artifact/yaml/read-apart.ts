import { Worker } from 'node:worker_threads'

const timeoutMs = 5_000
const resourceLimits = { maxOldGenerationSizeMb: 128 }

/**
 * Reads YAML in a thread of its own, which ends after a while: 90 kB of keys keep the parser busy for 6 s.
 *
 * @throws Error that says what is wrong.
 */
export function readYamlApart(text: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: text, resourceLimits })
    const refuse = () => reject(new Error('reading it takes too much'))
    const timer = setTimeout(() => {
      refuse()
      worker.terminate()
    }, timeoutMs)
    worker.on('message', ({ value, fault }: { value?: unknown; fault?: string }) =>
      fault === undefined ? resolve(value) : reject(new Error(fault)),
    )
    worker.on('error', refuse)
    worker.on('exit', () => {
      clearTimeout(timer)
      refuse()
    })
  })
}
