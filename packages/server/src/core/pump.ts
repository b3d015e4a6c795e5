/**
 * Work that is done when something calls for it, never twice at once. A call during it is not lost: it is done once more after.
 */
export class Pump {
  readonly #work: () => Promise<unknown>
  #running: Promise<void> | undefined
  #isWanted = false

  /** @param work does not reject. */
  constructor(work: () => Promise<unknown>) {
    this.#work = work
  }

  /** Resolves when everything that was called for is done. */
  call(): Promise<void> {
    this.#isWanted = true
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false
      await this.#work()
    }
    this.#running = undefined
  }
}
