import type { Route } from '@mason/contract/route'
import { importSims, listSims, type SimState, updateSim } from '@mason/contract/sim'
import { ingestUsage } from '@mason/contract/usage'
import { readAnswer } from '@mason/sdk/answer'
import { ApiError } from '@mason/sdk/api-error'
import { createClient } from '@mason/sdk/client'
import { exchange } from '@mason/sdk/exchange'
import type { Answer } from '@mason/sdk/input'
import { withRetries } from '@mason/sdk/retry'
import type { Clock } from './clock.ts'
import type { SimUsage } from './sim-usage.ts'
import type { Statistics } from './statistics.ts'

const dayMs = 86_400_000
const linesPerRequest = 10_000
const timeoutMs = 120_000
const maxRetries = 8
const atATime = 8

export interface CarrierFeedOptions {
  /** The platform's origin. */
  server: string
  /** An API key with `connect:admin`. */
  key: string
  sims: readonly SimUsage[]
  /** How many days before today are reported as well. */
  days: number
  /** How long a time one report covers. */
  intervalMs: number
  durationMs: number
  clock: Clock
  statistics: Statistics
  signal: AbortSignal
}

/** Plays the carrier of simulated SIMs through the platform's public API. */
export class CarrierFeed {
  readonly #options: CarrierFeedOptions
  readonly #client: ReturnType<typeof createClient>

  constructor(options: CarrierFeedOptions) {
    const { server, key, clock, signal } = options
    this.#options = options
    this.#client = createClient({ baseUrl: server, key, delay: clock.delay, signal })
  }

  /** Registers the SIMs that the platform does not know, and activates those that are ready. */
  async introduce(): Promise<void> {
    const { sims, statistics } = this.#options
    for (const part of chunks(sims)) {
      await this.#send(
        importSims,
        part.map(({ iccid }) => ({ iccid, carrier: 'simulated' })),
      )
    }
    const ready = await this.#iccidsIn('ready')
    const pending = sims.filter(({ iccid }) => ready.has(iccid)).values()
    const activate = async () => {
      for (const { iccid } of pending) await this.#client.call(updateSim, { iccid, state: 'active' })
    }
    await Promise.all(Array.from({ length: atATime }, activate))
    statistics.usage.sims = sims.length
  }

  /**
   * Reports the days before today, then what is used from now on, until the duration is over or the signal aborts. What could
   * not be reported is reported later, in the same records; when the key is refused nothing more is.
   */
  async run(): Promise<void> {
    const { days, intervalMs, durationMs, clock, statistics, signal } = this.#options
    const startMs = clock.now()
    const endMs = startMs + durationMs
    const today = Math.floor(startMs / dayMs)
    const spans = Array.from({ length: days }, (_, place) => spanOfDay(today - days + place))
    for (let fromMs = startMs; ; ) {
      try {
        for (let span = spans[0]; span; span = spans[0]) {
          await this.#report(span)
          spans.shift()
        }
      } catch (error) {
        if (signal.aborted) return
        statistics.recordError(error)
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return
      }
      if (fromMs >= endMs) return
      const untilMs = Math.min(endMs, Math.max(clock.now(), fromMs + intervalMs))
      await clock.delay(Math.max(0, untilMs - clock.now()), signal).catch(() => {})
      if (signal.aborted) return
      spans.push({ startMs: fromMs, endMs: untilMs })
      fromMs = untilMs
    }
  }

  /** Suspended SIMs use nothing. What was accepted already when a request is sent again is a duplicate. */
  async #report({ startMs, endMs }: Span): Promise<void> {
    const { sims, statistics } = this.#options
    const suspended = await this.#iccidsIn('suspended')
    const used = sims.filter(({ iccid }) => !suspended.has(iccid))
    for (const part of chunks(used)) {
      const records = part.map((sim) => sim.record(startMs, endMs))
      const { data } = await this.#send(ingestUsage, records)
      statistics.usage.records += data[0]?.accepted ?? 0
      for (const { upload, download } of records) statistics.usage.bytes += upload + download
      for (const { reason } of data[0]?.rejected ?? []) statistics.recordError(new Error(`usage record: ${reason}`))
    }
  }

  async #iccidsIn(state: SimState): Promise<Set<string>> {
    const iccids = new Set<string>()
    for await (const { iccid } of this.#client.pages(listSims, { state, carrier: 'simulated', limit: 1000 }))
      iccids.add(iccid)
    return iccids
  }

  /** Sends lines of JSON to a route that takes them as a stream. */
  async #send<R extends Route>(route: R, lines: readonly object[]): Promise<Answer<R>> {
    const { server, key, clock, signal } = this.#options
    const attempt = {
      fetch,
      url: server + route.url.replace(':fleet', 'default'),
      init: {
        method: route.method,
        headers: { authorization: `basic ${key}`, 'content-type': 'application/x-ndjson' },
        body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      },
      timeoutMs,
      signal,
    }
    return withRetries(
      async () => {
        const { response, text } = await exchange(attempt)
        return readAnswer(route, response, text) as Answer<R>
      },
      { maxRetries, delay: clock.delay, signal },
    )
  }
}

interface Span {
  startMs: number
  endMs: number
}

const spanOfDay = (day: number): Span => ({ startMs: day * dayMs, endMs: (day + 1) * dayMs })

function* chunks<T>(items: readonly T[]): Generator<T[], void, undefined> {
  for (let place = 0; place < items.length; place += linesPerRequest) yield items.slice(place, place + linesPerRequest)
}
