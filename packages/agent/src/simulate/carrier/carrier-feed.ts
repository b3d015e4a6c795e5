import type { Route } from '@mason/contract/route'
import { importSims, listSims, type SimState, updateSim } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import { ingestUsage } from '@mason/contract/usage'
import { readAnswer } from '@mason/sdk/answer'
import { ApiError } from '@mason/sdk/api-error'
import { createClient } from '@mason/sdk/client'
import { exchange } from '@mason/sdk/exchange'
import type { Answer } from '@mason/sdk/input'
import { withRetries } from '@mason/sdk/retry'
import type { Statistics } from '../progress/statistics.ts'
import type { Clock } from '../schedule/clock.ts'
import type { SimUsage } from './sim-usage.ts'

const linesPerRequest = 10_000
const timeoutMs = 120_000
const maxRetries = 8
const parallelActivations = 8

export interface CarrierFeedOptions {
  /** The platform's origin. */
  server: string
  /** An API key with `connect:admin`. */
  key: string
  sims: readonly SimUsage[]
  /** How many days before today are reported first. */
  days: number
  /** Milliseconds that one report covers. */
  intervalMs: number
  durationMs: number
  clock: Clock
  statistics: Statistics
  signal: AbortSignal
}

/** Acts as the carrier of the simulated SIMs through the platform's public API. */
export class CarrierFeed {
  readonly #options: CarrierFeedOptions
  readonly #client: ReturnType<typeof createClient>

  constructor(options: CarrierFeedOptions) {
    const { server, key, clock, signal } = options
    this.#options = options
    this.#client = createClient({ baseUrl: server, key, delay: clock.delay, signal })
  }

  /** Registers the SIMs with the platform and activates those that are ready. */
  async registerSims(): Promise<void> {
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
    await Promise.all(Array.from({ length: parallelActivations }, activate))
    statistics.usage.sims = sims.length
  }

  /**
   * Reports the usage of the days before today, then the usage from now on, until the duration is over or the signal
   * aborts. What cannot be reported is reported later, in the same records; nothing more is when the key is refused.
   */
  async run(): Promise<void> {
    const { days, intervalMs, durationMs, clock, signal } = this.#options
    const startMs = clock.now()
    const endMs = startMs + durationMs
    const today = Math.floor(startMs / dayMs)
    const spans = Array.from({ length: days }, (_, index) => spanOfDay(today - days + index))
    for (let fromMs = startMs; ; ) {
      const result = await this.#reportAll(spans)
      if (result === 'stopped' || fromMs >= endMs) return
      const untilMs = Math.min(endMs, Math.max(clock.now(), fromMs + intervalMs))
      await clock.delay(Math.max(0, untilMs - clock.now()), signal).catch(() => {})
      if (signal.aborted) return
      spans.push({ startMs: fromMs, endMs: untilMs })
      fromMs = untilMs
    }
  }

  /** Reports spans of time, oldest first, and removes those that were reported. Records the error that ends this early. */
  async #reportAll(spans: Span[]): Promise<'reported' | 'failed' | 'stopped'> {
    const { statistics, signal } = this.#options
    try {
      for (let span = spans[0]; span; span = spans[0]) {
        await this.#report(span)
        spans.shift()
      }
      return 'reported'
    } catch (error) {
      if (signal.aborted) return 'stopped'
      statistics.recordError(error)
      return error instanceof ApiError && (error.status === 401 || error.status === 403) ? 'stopped' : 'failed'
    }
  }

  /** Suspended SIMs use nothing. Records that were accepted before a request is repeated are duplicates. */
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

  /** Sends lines of JSON to a route that reads its body as a stream. */
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
  for (let start = 0; start < items.length; start += linesPerRequest) yield items.slice(start, start + linesPerRequest)
}
