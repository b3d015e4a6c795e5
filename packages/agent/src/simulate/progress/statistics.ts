import { createHistogram } from 'node:perf_hooks'
import { ApiError } from '@mason/sdk/api-error'

// Messages that name a device all differ; the summary lists the rest.
const causesAnnounced = 10

/** The counters of a simulation. */
export class Statistics {
  readonly devices: number
  enrolled = 0
  checkIns = 0
  partialCheckIns = 0
  errors = 0
  /** Devices connected over MQTT now. */
  connected = 0
  /** The highest number of devices connected over MQTT at a time. */
  mostConnected = 0
  /** Commands by outcome; `dropped` were never answered. */
  readonly commands = { acknowledged: 0, failed: 0, dropped: 0 }
  /** How many SIMs are registered, and the usage that the carrier has reported. */
  readonly usage = { sims: 0, records: 0, bytes: 0 }
  /** Deployments by outcome. */
  readonly installs = { installed: 0, failed: 0 }
  /** When check-ins began, as `performance.now()`. */
  checkInsStartedMs: number | undefined
  /** Milliseconds between when the last check-in was due and when it started. */
  lateMs = 0
  /** Called with each cause of failure when it first occurs. */
  onNewCause: (cause: string) => void = () => {}
  readonly #announced = new Set<string>()
  readonly #causes = new Map<string, number>()
  readonly #latencyUs = createHistogram()

  constructor(devices: number) {
    this.devices = devices
  }

  /** Records the duration of an exchange that succeeded. */
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

  /** Announces why an exchange failed, once per cause, without counting it as an error. */
  announce(error: unknown): void {
    const cause = causeOf(error)
    if (this.#announced.has(cause) || this.#announced.size === causesAnnounced) return
    this.#announced.add(cause)
    this.onNewCause(cause)
  }

  /** A percentile of the latency, in milliseconds. */
  latencyMs(percent: number): number {
    return this.#latencyUs.count === 0 ? 0 : this.#latencyUs.percentile(percent) / 1000
  }

  /** The causes of failed exchanges, most frequent first. */
  causes(): { cause: string; count: number }[] {
    return [...this.#causes].map(([cause, count]) => ({ cause, count })).sort((a, b) => b.count - a.count)
  }
}

function causeOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
