import type { ServerResponse } from 'node:http'

interface Limits {
  /** Requests that wait for their answers, in all. */
  all: number
  /** Of one connection: HTTP/1.1 lets a client send the next before the answer has come. */
  perConnection: number
}

/** How often answers that have begun are looked for, when there is no more room. */
const lookEveryMs = 100

/** The requests of a node that wait for their answers. An answer that has begun, as an event stream, waits for nothing. */
export class UnderWay {
  readonly #limits: Limits
  readonly #all = new Set<ServerResponse>()
  readonly #perConnection = new WeakMap<object, number>()
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get size(): number {
    return [...this.#all].filter(({ headersSent }) => !headersSent).length
  }

  /** @returns whether there is room for this request. */
  begin(connection: object, response: ServerResponse): boolean {
    const ofConnection = this.#perConnection.get(connection) ?? 0
    if (ofConnection >= this.#limits.perConnection || !this.#hasRoom()) return false
    this.#all.add(response)
    this.#perConnection.set(connection, ofConnection + 1)
    response.once('close', () => {
      this.#all.delete(response)
      this.#perConnection.set(connection, (this.#perConnection.get(connection) ?? 1) - 1)
    })
    return true
  }

  #hasRoom(): boolean {
    if (this.#all.size < this.#limits.all) return true
    const now = performance.now()
    if (now - this.#lookedAt < lookEveryMs) return false
    this.#lookedAt = now
    for (const response of this.#all) if (response.headersSent) this.#all.delete(response)
    return this.#all.size < this.#limits.all
  }
}
