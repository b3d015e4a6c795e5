import { Counter } from '@prometheus-io/client'

interface Log {
  error(details: object, message: string): void
  info(details: object, message: string): void
}

/** What is said when work begins to fail, and when it succeeds again. */
interface Sentences {
  failed: string
  over: string
}

/** Work of one name that nobody waits for: no caller hears of its failures. */
export interface Loop {
  /** Does it. @returns whether it succeeded; it never rejects. */
  run(work: () => Promise<unknown>): Promise<boolean>
  failed(error: unknown): void
  succeeded(): void
}

/** Work that is done again and again, never twice at once. */
export interface Repeated {
  /** Does it now, unless it is being done. */
  turn(): Promise<unknown>
  /** Waits for what is being done; nothing is done after. */
  stop(): Promise<void>
}

/**
 * Sees to it that failures in the background are seen: each is counted, the first of an outage is logged, and so is its end.
 */
export class Background {
  readonly failures = new Counter({
    name: 'mason_background_failures_total',
    help: 'Failures of background work',
    labelNames: ['loop'],
    registers: [],
  })
  readonly jobFailures = new Counter({
    name: 'mason_job_failures_total',
    help: 'Failures of jobs, periodic ones and such that a change asked for; each is tried again',
    labelNames: ['job'],
    registers: [],
  })
  /** What is done again and again, by its name. */
  readonly repeated = new Map<string, Repeated>()
  /** Stands around the work of each job, once it is set: a span of a trace. */
  around: <T>(job: string, work: () => Promise<T>) => Promise<T> = (_job, work) => work()
  readonly #log: Log
  readonly #loops = new Map<string, Loop>()

  constructor(log: Log) {
    this.#log = log
  }

  get names(): string[] {
    return [...this.#loops.keys()]
  }

  /** The work of this name; asked for again, the same. */
  loop(name: string, sentences?: Sentences): Loop {
    const loop = this.#loops.get(name) ?? this.#newLoop(name, sentences)
    this.#loops.set(name, loop)
    return loop
  }

  /** The work of a job, whose failures are counted as those of a job too. */
  job(name: string): Loop {
    const counter = this.jobFailures.labels({ job: name })
    counter.inc(0)
    const loop = this.loop(name)
    return {
      ...loop,
      run: async (work) => {
        const isDone = await loop.run(() => this.around(name, work))
        if (!isDone) counter.inc()
        return isDone
      },
      failed: (error) => {
        counter.inc()
        loop.failed(error)
      },
    }
  }

  every(name: string, everyMs: number, work: () => Promise<unknown>): Repeated {
    const loop = this.loop(name)
    let underWay: Promise<unknown> | undefined
    const turn = () => {
      underWay ??= loop.run(work).finally(() => {
        underWay = undefined
      })
      return underWay
    }
    const timer = setInterval(turn, everyMs).unref()
    const stop = async () => {
      clearInterval(timer)
      await underWay
    }
    this.repeated.set(name, { turn, stop })
    return { turn, stop }
  }

  #newLoop(name: string, { failed, over }: Sentences = usual): Loop {
    const counter = this.failures.labels({ loop: name })
    counter.inc(0)
    let outage: { begunAt: number; failures: number } | undefined
    const loop: Loop = {
      run: async (work) => {
        try {
          await work()
          loop.succeeded()
          return true
        } catch (error) {
          loop.failed(error)
          return false
        }
      },
      failed: (error) => {
        counter.inc()
        if (!outage) this.#log.error({ loop: name, err: error }, failed)
        outage ??= { begunAt: performance.now(), failures: 0 }
        outage.failures++
      },
      succeeded: () => {
        if (!outage) return
        const seconds = Math.ceil((performance.now() - outage.begunAt) / 1000)
        this.#log.info({ loop: name, failures: outage.failures, seconds }, over)
        outage = undefined
      },
    }
    return loop
  }
}

const usual: Sentences = {
  failed: 'Work in the background fails; it is tried again',
  over: 'Work in the background succeeds again',
}
