import { within } from '../within.ts'

interface Log {
  warn(details: object, message: string): void
}

type End = () => Promise<unknown>

/** What takes requests in and works on them: ended side by side. Jobs have 5 seconds, connections 4. */
const workMs = 5_500
/** What all of that stands on: one after another, the last one first. PostgreSQL writes what it holds to disk. */
const groundMs = 3_500

/** Ends what was started in order and within ten seconds, whatever hangs. */
export class Stages {
  readonly #log: Log
  readonly #work: [name: string, end: End][] = []
  readonly #ground: [name: string, end: End][] = []

  constructor(log: Log) {
    this.#log = log
  }

  ground(name: string, end: End): void {
    this.#ground.push([name, end])
  }

  work(name: string, end: End): void {
    this.#work.push([name, end])
  }

  async end(): Promise<void> {
    await Promise.all(this.#work.map((part) => this.#endOne(part, workMs)))
    const deadline = performance.now() + groundMs
    for (const part of this.#ground.toReversed()) await this.#endOne(part, Math.max(500, deadline - performance.now()))
  }

  async #endOne([name, end]: [string, End], ms: number): Promise<void> {
    try {
      if (!(await within(ms, end()))) this.#log.warn({ part: name }, 'this did not end in time; it is left')
    } catch (error) {
      this.#log.warn({ part: name, err: error }, 'this did not end in order')
    }
  }
}
