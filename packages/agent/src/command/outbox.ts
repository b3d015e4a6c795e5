import type { NotificationOutcome } from '@mason/contract/notification'

/** Whether the platform has committed an outcome, or will never take it since the device's credential is dead. */
export type Receipt = 'confirmed' | 'refused'

interface Waiting {
  outcome: NotificationOutcome
  resolve: ((receipt: Receipt) => void)[]
}

/** Hands over one outcome; rejects when it is not known to have arrived. */
export type SendOutcome = (outcome: NotificationOutcome) => Promise<void>

/**
 * Outcomes of commands that the platform has not confirmed. While a sender is attached they go through it, else the next
 * check-in takes them along.
 */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  readonly #onStranded: () => void
  #send: SendOutcome | undefined

  /** @param onStranded called when outcomes wait and no sender is attached. */
  constructor(onStranded: () => void) {
    this.#onStranded = onStranded
  }

  /** Adds an outcome, in place of an earlier one of the same command, and resolves when it has arrived. */
  add(outcome: NotificationOutcome): Promise<Receipt> {
    return new Promise((resolve) => {
      const earlier = this.#waiting.get(outcome.id)
      this.#waiting.set(outcome.id, { outcome, resolve: [...(earlier?.resolve ?? []), resolve] })
      if (this.#send) this.#hand(outcome, this.#send)
      else this.#onStranded()
    })
  }

  /**
   * Gives what waits, and from now on every outcome, to a sender.
   *
   * @returns a function that detaches it.
   */
  attach(send: SendOutcome): () => void {
    this.#send = send
    for (const { outcome } of this.#waiting.values()) this.#hand(outcome, send)
    return () => {
      if (this.#send !== send) return
      this.#send = undefined
      if (this.#waiting.size > 0) this.#onStranded()
    }
  }

  /** What waits, oldest first. */
  waiting(): NotificationOutcome[] {
    return Array.from(this.#waiting.values(), ({ outcome }) => outcome)
  }

  /** These have arrived. One that was replaced meanwhile goes on waiting. */
  confirm(outcomes: readonly NotificationOutcome[]): void {
    for (const outcome of outcomes) {
      const entry = this.#waiting.get(outcome.id)
      if (entry?.outcome !== outcome) continue
      this.#waiting.delete(outcome.id)
      for (const resolve of entry.resolve) resolve('confirmed')
    }
  }

  /** None of what waits will ever be taken. */
  refuse(): void {
    for (const { resolve } of this.#waiting.values()) for (const one of resolve) one('refused')
    this.#waiting.clear()
  }

  #hand(outcome: NotificationOutcome, send: SendOutcome): void {
    send(outcome).then(
      () => this.confirm([outcome]),
      // It waits for the next sender or check-in.
      () => {},
    )
  }
}
