import type { Outcome } from './attempt.ts'
import type { Room } from './claim.ts'

/** Attempts under way of one node: of all webhooks, of those that are slow or fail, of one of each; and how many begin at once. */
const most = { ofAll: 512, ofTroubled: 256, ofOne: 16, ofTroubledOne: 1, atOnce: 128 }
/** An answer that takes longer is slow. */
const slowMs = 3_000
/** Those that are forgotten are known by the database, or have the room of others until their next attempt. */
const mostTroubled = 1_000

/**
 * Counts the attempts that are under way on this node. Webhooks that are slow or fail have half of the room between them, so that any
 * number of them leaves the other half to the rest.
 */
export class Rooms {
  readonly #underWay = new Map<string, number>()
  readonly #troubled = new Set<string>()
  #total = 0

  get isEmpty(): boolean {
    return this.#total === 0
  }

  /** What may begin now. */
  free(): Room {
    let left = most.ofTroubled - this.#ofTroubled()
    const ofWebhooks = new Map<string, number>()
    for (const [id, count] of this.#underWay)
      if (!this.#troubled.has(id)) ofWebhooks.set(id, Math.max(0, most.ofOne - count))
    for (const id of [...this.#troubled]) {
      const free = Math.max(0, Math.min(left, most.ofTroubledOne - (this.#underWay.get(id) ?? 0)))
      left -= free
      ofWebhooks.set(id, free)
      if (free > 0) this.#addTroubled(id)
    }
    const total = Math.min(most.atOnce, most.ofAll - this.#total)
    return { total, ofWebhooks, ofOthers: most.ofOne, ofFailing: left > 0 ? most.ofTroubledOne : 0 }
  }

  begin({ webhookId: id, isFailing }: { webhookId: string; isFailing: boolean }): void {
    this.#total++
    if (isFailing) this.#addTroubled(id)
    this.#underWay.set(id, (this.#underWay.get(id) ?? 0) + 1)
  }

  end(id: string, { is, attempt }: Pick<Outcome, 'is' | 'attempt'>): void {
    this.#total--
    const left = (this.#underWay.get(id) ?? 1) - 1
    if (left > 0) this.#underWay.set(id, left)
    else this.#underWay.delete(id)
    if (is === 'succeeded' && attempt.latencyMs < slowMs) this.#troubled.delete(id)
    else this.#addTroubled(id)
  }

  /** The one that had its turn last is the last. */
  #addTroubled(id: string): void {
    this.#troubled.delete(id)
    this.#troubled.add(id)
    const [oldest] = this.#troubled
    if (oldest !== undefined && this.#troubled.size > mostTroubled) this.#troubled.delete(oldest)
  }

  #ofTroubled(): number {
    let sum = 0
    for (const id of this.#troubled) sum += this.#underWay.get(id) ?? 0
    return sum
  }
}
