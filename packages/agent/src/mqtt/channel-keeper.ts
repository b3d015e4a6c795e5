import { backOffMs } from '../back-off.ts'
import type { Channel } from './channel.ts'
import { LoginRefused } from './login-refused.ts'

const firstBackOffMs = 2000
const longestBackOffMs = 300_000

export interface ChannelKeeperOptions {
  open: () => Promise<Channel>
  /** Called when a channel has opened; the function it returns is called when that channel has ended. */
  onOpen: (channel: Channel) => () => void
  /** Called when the broker refused the credential; HTTP decides whether it is really invalid. */
  onRefused: () => void
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  log: (line: string) => void
  signal: AbortSignal
}

/** Keeps a channel open until the signal aborts: after each end it tries again, at growing intervals. */
export class ChannelKeeper {
  /** Resolves when it is known whether the first attempt succeeded. */
  readonly firstAttempt: Promise<void>
  readonly #options: ChannelKeeperOptions
  #channel: Channel | undefined
  #failures = 0

  constructor(options: ChannelKeeperOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.firstAttempt = promise
    options.signal.addEventListener('abort', () => resolve(), { once: true })
    void this.#keep(resolve)
  }

  /** The channel, while there is one. */
  get channel(): Channel | undefined {
    return this.#channel
  }

  /** Reports that the channel works. Only this resets the intervals, as a server may accept a login and then hang up. */
  prove(): void {
    this.#failures = 0
  }

  async #keep(onAttempt: () => void): Promise<void> {
    const { delay, random, log, signal } = this.#options
    while (!signal.aborted) {
      const end = await this.#holdOne(onAttempt)
      onAttempt()
      if (signal.aborted) return
      this.#failures += 1
      const waitMs = backOffMs(this.#failures, {
        firstMs: firstBackOffMs,
        longestMs: longestBackOffMs,
        random: random(),
      })
      log(`no MQTT, check-ins go over HTTP; next try in ${Math.ceil(waitMs / 1000)} s: ${end.message}`)
      await delay(waitMs, signal).catch(() => {})
    }
  }

  /** @returns why it ended. */
  async #holdOne(onAttempt: () => void): Promise<Error> {
    const { open, onOpen, onRefused, log, signal } = this.#options
    let channel: Channel
    try {
      channel = await open()
    } catch (error) {
      if (error instanceof LoginRefused) onRefused()
      return error instanceof Error ? error : new Error(String(error))
    }
    const close = () => channel.close()
    if (signal.aborted) close()
    signal.addEventListener('abort', close, { once: true })
    this.#channel = channel
    log('connected over MQTT')
    const onEnd = onOpen(channel)
    onAttempt()
    const end = await channel.closed
    signal.removeEventListener('abort', close)
    this.#channel = undefined
    onEnd()
    return end
  }
}
