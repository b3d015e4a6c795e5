import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counter } from '@prometheus-io/client'
import type { Background, Loop, Repeated } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import { Pump } from '../../core/pump.ts'
import { attempt, type Outcome, type Sending } from './attempt.ts'
import { type Claimed, claimDue } from './claim.ts'
import type { Post } from './disable.ts'
import { follow } from './follow.ts'
import { Rooms } from './room.ts'
import { takeIn } from './take-in.ts'

const pollMs = 200
/** Outcomes that one transaction writes down. */
const atOnce = 200
/** A node that stops waits so long for attempts under way, and then cuts them off. */
const graceMs = 3_000

interface Options extends Sending {
  database: Database
  background: Background
  post: Post
  /** Counts attempts by their outcome. */
  attempts: Counter<'outcome'>
}

/** Delivers webhooks on this node: follows the events, claims what is due, posts it, and writes down what came of it. */
export class Deliverer {
  readonly #options: Options
  /** The name that this node claims deliveries under. */
  readonly #claim = randomUUID()
  readonly #rooms = new Rooms()
  readonly #cutOff = new AbortController()
  readonly #outcomes: Outcome[] = []
  readonly #claiming: Pump
  readonly #writing: Pump
  readonly #loops: { follow: Loop; claim: Loop; write: Loop }
  readonly #poll: Repeated
  #isStopping = false

  constructor(options: Options) {
    this.#options = options
    const { background } = options
    this.#loops = {
      follow: background.loop('webhook-follow'),
      claim: background.loop('webhook-claim'),
      write: background.loop('webhook-write'),
    }
    this.#claiming = new Pump(() => this.#loops.claim.run(() => this.#claimDue()))
    this.#writing = new Pump(() => this.#write())
    this.#poll = background.every('webhooks', pollMs, () => this.#turn())
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#poll.stop()
    await this.#claiming.call()
    await this.#untilEmpty(graceMs)
    this.#cutOff.abort()
    await this.#untilEmpty(graceMs / 2)
  }

  async #untilEmpty(ms: number): Promise<void> {
    const deadline = performance.now() + ms
    while (!this.#rooms.isEmpty && performance.now() < deadline) await sleep(10)
  }

  async #turn(): Promise<void> {
    await this.#loops.follow.run(() => this.#follow())
    // What could not be written is tried again.
    if (this.#outcomes.length > 0) void this.#writing.call()
  }

  async #follow(): Promise<void> {
    let isMore = true
    while (isMore && !this.#isStopping) {
      const found = await follow(this.#options.database)
      if (found.isAny) void this.#claiming.call()
      isMore = found.isMore
    }
  }

  async #claimDue(): Promise<void> {
    const room = this.#rooms.free()
    if (this.#isStopping || room.total <= 0) return
    const claimed = await claimDue(this.#options.database, this.#claim, room)
    for (const one of claimed) void this.#deliver(one)
  }

  async #deliver(claimed: Claimed): Promise<void> {
    this.#rooms.begin(claimed)
    this.#outcomes.push(await attempt(this.#options, claimed, this.#cutOff.signal))
    void this.#writing.call()
  }

  /** What cannot be written now keeps its room until a later poll. */
  async #write(): Promise<void> {
    const { database, post } = this.#options
    let isWritten = true
    while (isWritten && this.#outcomes.length > 0) {
      const outcomes = this.#outcomes.splice(0, atOnce)
      isWritten = await this.#loops.write.run(() => takeIn(database, this.#claim, post, outcomes))
      if (isWritten) this.#end(outcomes)
      else this.#outcomes.unshift(...outcomes)
    }
    void this.#claiming.call()
  }

  #end(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.#rooms.end(outcome.webhookId, outcome)
      if (outcome.is === 'cutOff') continue
      this.#options.attempts.inc({ outcome: outcome.is === 'succeeded' ? 'succeeded' : 'failed' })
    }
  }
}
