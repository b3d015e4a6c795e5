import type { NotificationOutcome } from '@mason/contract/notification'

/** Whether the platform has committed an outcome, or never will because the device's credential is invalid. */
export type Receipt = 'confirmed' | 'refused'

interface Waiting {
  outcome: NotificationOutcome
  resolve: ((receipt: Receipt) => void)[]
}

/** Sends one outcome; rejects when its arrival is not certain. */
export type SendOutcome = (outcome: NotificationOutcome) => Promise<void>

/**
 * Outcomes of commands that the platform has not confirmed. While a sender is attached they go through it, otherwise with
 * the next check-in.
 */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  readonly #onStranded: () => void
  #send: SendOutcome | undefined

  /** @param onStranded called when outcomes wait and no sender is attached. */
  constructor(onStranded: () => void) {
    this.#onStranded = onStranded
  }

  /** Adds an outcome, in place of an earlier one of the same command; resolves when the platform has answered it. */
  add(outcome: NotificationOutcome): Promise<Receipt> {
    return new Promise((resolve) => {
      const earlier = this.#waiting.get(outcome.id)
      this.#waiting.set(outcome.id, { outcome, resolve: [...(earlier?.resolve ?? []), resolve] })
      if (this.#send) this.#deliver(outcome, this.#send)
      else this.#onStranded()
    })
  }

  /**
   * Sends the waiting outcomes, and from now on every new one, through a sender.
   *
   * @returns a function that detaches it.
   */
  attach(send: SendOutcome): () => void {
    this.#send = send
    for (const { outcome } of this.#waiting.values()) this.#deliver(outcome, send)
    return () => {
      if (this.#send !== send) return
      this.#send = undefined
      if (this.#waiting.size > 0) this.#onStranded()
    }
  }

  /** The waiting outcomes, oldest first. */
  waiting(): NotificationOutcome[] {
    return Array.from(this.#waiting.values(), ({ outcome }) => outcome)
  }

  /** Removes outcomes that the platform has committed. One that was replaced meanwhile keeps waiting. */
  confirm(outcomes: readonly NotificationOutcome[]): void {
    for (const outcome of outcomes) {
      const entry = this.#waiting.get(outcome.id)
      if (entry?.outcome !== outcome) continue
      this.#waiting.delete(outcome.id)
      for (const resolve of entry.resolve) resolve('confirmed')
    }
  }

  /** Removes all waiting outcomes, because the platform will never accept them. */
  refuse(): void {
    for (const { resolve } of this.#waiting.values()) for (const one of resolve) one('refused')
    this.#waiting.clear()
  }

  #deliver(outcome: NotificationOutcome, send: SendOutcome): void {
    send(outcome).then(
      () => this.confirm([outcome]),
      // It waits for the next sender or check-in.
      () => {},
    )
  }
}
