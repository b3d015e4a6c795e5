import { createHistogram } from 'node:perf_hooks'
import { ApiError } from '@mason/sdk/api-error'

/** Messages that name a device differ from each other; the rest is in the summary. */
const causesAnnounced = 10

/** Counts what a simulation does. */
export class Statistics {
  readonly devices: number
  enrolled = 0
  checkIns = 0
  partialCheckIns = 0
  errors = 0
  /** Over MQTT, now. */
  connected = 0
  /** Over MQTT at the same time, at most. */
  mostConnected = 0
  /** Commands by what became of them; `dropped` were never answered. */
  readonly commands = { acknowledged: 0, failed: 0, dropped: 0 }
  /** What the carrier has reported of the SIMs, and how many of them the platform knows. */
  readonly usage = { sims: 0, records: 0, bytes: 0 }
  /** What became of deployments. */
  readonly installs = { installed: 0, failed: 0 }
  /** When check-ins began, on the clock of `performance.now()`. */
  checkInsStartedMs: number | undefined
  /** How long after it was due the last check-in started, in milliseconds. */
  lateMs = 0
  /** Called with each cause of failures when it first occurs. */
  onNewCause: (cause: string) => void = () => {}
  readonly #announced = new Set<string>()
  readonly #causes = new Map<string, number>()
  readonly #latencyUs = createHistogram()

  constructor(devices: number) {
    this.devices = devices
  }

  /** Records how long an exchange took that succeeded. */
  recordLatency(ms: number): void {
    this.#latencyUs.record(Math.max(1, Math.round(ms * 1000)))
  }

  /** Records a failed exchange. */
  recordError(error: unknown): void {
    this.errors += 1
    this.announce(error)
    const cause = causeOf(error)
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1)
  }

  /** Says why an exchange failed, once a cause; one that is tried again is not counted yet. */
  announce(error: unknown): void {
    const cause = causeOf(error)
    if (this.#announced.has(cause) || this.#announced.size === causesAnnounced) return
    this.#announced.add(cause)
    this.onNewCause(cause)
  }

  /** The latency, in milliseconds, that so many percent of the exchanges kept within. */
  latencyMs(percent: number): number {
    return this.#latencyUs.count === 0 ? 0 : this.#latencyUs.percentile(percent) / 1000
  }

  /** Why exchanges failed, most frequent first. */
  causes(): { cause: string; count: number }[] {
    return [...this.#causes].map(([cause, count]) => ({ cause, count })).sort((a, b) => b.count - a.count)
  }
}

function causeOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
