import type { EventEmitter } from 'node:events'
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'

interface Limits {
  /** How long the work may take once its thread has begun. */
  timeoutMs: number
  memoryMb: number
}

/** So many run at once, and so many wait for one of them to end. */
const most = { running: 4, waiting: 100 }
/** A machine with much to do takes its time to start a thread; that says nothing of the file. */
const startMs = 60_000

interface Thread extends EventEmitter {
  terminate(): unknown
}

/** What a thread says: that it has begun, and then what it found or why it could not. */
export type FromThread = { hasBegun: true } | { hasBegun?: never; value?: unknown; fault?: string }

const busy = () =>
  new AppError('api_error', 'The file could not be looked into for the moment', { status: 503, retryAfter: 5 })

/**
 * Looks into files of others in threads, so that no request of this process waits for it: a thread for each file, which ends with
 * it, and with its limits.
 */
export class Threads {
  readonly #start: (data: unknown) => Thread
  readonly #timeoutMs: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @param program a module that calls `work` (work.ts). */
  constructor(program: URL, { timeoutMs, memoryMb }: Limits, start = startWorker) {
    this.#timeoutMs = timeoutMs
    this.#start = (data) => start(program, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: memoryMb } })
  }

  /** @throws Error that says what is wrong; an AppError where that lies in this machine and not in the file. */
  async run(data: unknown): Promise<unknown> {
    if (this.#running >= most.running) {
      if (this.#waiting.length >= most.waiting) throw busy()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await this.#outcome(data)
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  /** Settles when the thread has ended. */
  #outcome(data: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const thread = this.#start(data)
      let finish = () => reject(busy())
      const refuse = () => reject(new Error('reading it takes too much'))
      const end = (outcome: () => void) => {
        finish = outcome
        thread.terminate()
      }
      let timer = setTimeout(end, startMs, finish)
      thread.on('message', (said: FromThread) => {
        clearTimeout(timer)
        if (said.hasBegun) timer = setTimeout(end, this.#timeoutMs, refuse)
        else if (said.fault === undefined) end(() => resolve(said.value))
        else end(() => reject(new Error(said.fault)))
      })
      thread.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') finish = refuse
      })
      thread.on('exit', () => {
        clearTimeout(timer)
        finish()
      })
    })
  }
}

function startWorker(program: URL, options: ConstructorParameters<typeof Worker>[1]): Thread {
  return new Worker(program, options)
}
