import { randomUUID } from 'node:crypto'
import type { Background, Loop, Repeated } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import type { Session } from '../carrier/carrier.ts'
import type { Connections } from '../carrier/connections.ts'
import { CarrierFault } from '../carrier/fault.ts'
import { type Claimed, claimDue, release, renew } from './claim.ts'
import { giveUp, serve } from './serve.ts'

const pollMs = 250
const renewMs = 8_000
/** Connections that one node serves at once; each asks its carrier at the carrier's own pace. */
const mostAtOnce = 50

interface Options {
  database: Database
  background: Background
  connections: Connections
}

/** Serves connections on this node: claims those that have something to do, one node each, and gives them back. */
export class CarrierWorker {
  readonly #options: Options
  readonly #stopping = new AbortController()
  readonly #serving = new Set<Promise<unknown>>()
  readonly #loops: { claim: Loop; serve: Loop }
  readonly #poll: Repeated
  readonly #renewal: Repeated
  /** Whose leases are renewed; what serves one stops when its lease is lost. */
  readonly #leases = new Map<Claimed, AbortController>()

  constructor(options: Options) {
    this.#options = options
    const { background } = options
    this.#loops = { claim: background.loop('carrier-claim'), serve: background.loop('carrier-serve') }
    this.#poll = background.every('carriers', pollMs, () => this.#claim())
    this.#renewal = background.every('carrier-leases', renewMs, () => this.#renew())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#poll.stop()
    await Promise.all(this.#serving)
    await this.#renewal.stop()
  }

  async #renew(): Promise<void> {
    for (const claimed of await renew(this.#options.database, [...this.#leases.keys()]))
      this.#leases.get(claimed)?.abort()
  }

  async #claim(): Promise<void> {
    const room = mostAtOnce - this.#serving.size
    if (room <= 0 || this.#stopping.signal.aborted) return
    await this.#loops.claim.run(async () => {
      // A name for each turn: what an earlier one still has to say of a connection counts for nothing.
      for (const claimed of await claimDue(this.#options.database, randomUUID(), room)) this.#begin(claimed)
    })
  }

  #begin(claimed: Claimed): void {
    const served = this.#loops.serve.run(() => this.#serve(claimed)).finally(() => this.#serving.delete(served))
    this.#serving.add(served)
  }

  async #serve(claimed: Claimed): Promise<void> {
    const { database } = this.#options
    const lost = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal])
    this.#leases.set(claimed, lost)
    try {
      const session = this.#open(claimed, signal)
      await (session instanceof CarrierFault
        ? giveUp(database, claimed, session)
        : serve(database, claimed, session, signal))
    } finally {
      this.#leases.delete(claimed)
      await release(database, claimed)
    }
  }

  /** Credentials that cannot be opened are a fault like those that are not taken. */
  #open(claimed: Claimed, signal: AbortSignal): Session | CarrierFault {
    try {
      return this.#options.connections.open(claimed, signal)
    } catch (error) {
      if (error instanceof CarrierFault) return error
      throw error
    }
  }
}
