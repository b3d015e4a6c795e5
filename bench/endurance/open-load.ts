import { setTimeout as sleep } from 'node:timers/promises'
import { sharedNow } from '../clock.ts'
import { HttpConnection } from '../http-connection.ts'

export interface Due {
  /** When it has to be sent, by the shared clock. */
  dueMs: number
  request: string
  answered(status: number): void
}

interface OpenLoad {
  port: number
  connections: number
  perSecond: number
  /** Makes the next request, which is due at a time. */
  next(dueMs: number): Due
}

/** There is nothing left to send. */
const nothing: Due = { dueMs: 0, request: '', answered: () => {} }

const tickMs = 5
const retryMs = 200

/**
 * Requests at their own pace, however slow the answers are, as thousands of devices send them. One that cannot be sent or is
 * cut off is sent again until there is an answer, as devices do.
 */
export class RequestsAtTheirPace {
  readonly #options: OpenLoad
  readonly #queue: Due[] = []
  readonly #waiting: ((due: Due) => void)[] = []
  #isOver = false
  #isPaced = true
  /** Resolves when the last connection has ended. */
  readonly ended: Promise<unknown>

  constructor(load: OpenLoad) {
    this.#options = load
    this.ended = Promise.all([this.#pace(), ...Array.from({ length: load.connections }, () => this.#drive())])
  }

  /** How many wait for a connection. */
  get backlog(): number {
    return this.#queue.length
  }

  /** Sends no more once what is due has been answered. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.ended
  }

  async #pace(): Promise<void> {
    const startedMs = sharedNow()
    const everyMs = 1000 / this.#options.perSecond
    for (let dueMs = startedMs; !this.#isOver; await sleep(tickMs))
      for (; dueMs <= sharedNow(); dueMs += everyMs) this.#add(this.#options.next(dueMs))
    this.#isPaced = false
    for (const give of this.#waiting) give(nothing)
  }

  #add(due: Due): void {
    const give = this.#waiting.shift()
    if (give) give(due)
    else this.#queue.push(due)
  }

  #take(): Promise<Due> {
    const due = this.#queue.shift() ?? (this.#isPaced ? undefined : nothing)
    return due ? Promise.resolve(due) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  async #drive(): Promise<void> {
    let connection: HttpConnection | undefined
    for (;;) {
      const due = await this.#take()
      if (due === nothing) break
      for (let isAnswered = false; !isAnswered; )
        try {
          connection ??= await HttpConnection.open(this.#options.port)
          due.answered(await connection.request(due.request))
          isAnswered = true
        } catch {
          connection?.close()
          connection = undefined
          await sleep(retryMs)
        }
    }
    connection?.close()
  }
}
