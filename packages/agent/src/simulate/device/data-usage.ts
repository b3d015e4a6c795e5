import type { Connection } from '@mason/contract/connection'
import { hourMs } from '@mason/contract/time'
import type { Random } from '../random.ts'

type UsageReport = NonNullable<Connection['dataUsage']>

const firstUid = 10_100

/** What a device has sent and received since the beginning of the month (UTC), in total and for its heaviest apps. */
export class DataUsage {
  readonly #type: 'wifi' | 'mobile'
  readonly #receivedPerHour: number
  readonly #sentShare: number
  /** Shares of the apps; the rest belongs to the system. */
  readonly #apps: readonly { packageName: string; share: number }[]
  #startMs = 0
  #received = 0

  constructor(type: 'wifi' | 'mobile', packageNames: readonly string[], random: Random) {
    this.#type = type
    // Few devices use very much.
    this.#receivedPerHour = (type === 'mobile' ? 400_000 : 6_000_000) * Math.exp(random.between(-2, 2))
    this.#sentShare = random.between(0.05, 0.6)
    this.#apps = packageNames.slice(0, 3).map((packageName) => ({ packageName, share: random.between(0.05, 0.3) }))
  }

  /** Lets time pass up to a moment; the first call starts at the beginning of the month. */
  advance(hours: number, nowMs: number, random: Random): void {
    const startMs = startOfMonth(nowMs)
    const isNewMonth = startMs !== this.#startMs
    const hoursThisMonth = (nowMs - startMs) / hourMs
    if (isNewMonth) this.#received = 0
    this.#received += this.#receivedPerHour * (isNewMonth ? hoursThisMonth : hours) * random.between(0.5, 1.5)
    this.#startMs = startMs
  }

  /** The bytes of the current month up to now. */
  report(nowMs: number): UsageReport {
    const startTime = new Date(this.#startMs).toISOString()
    const endTime = new Date(nowMs).toISOString()
    const cycle = (share: number) => {
      const bytesReceived = Math.floor(this.#received * share)
      const bytesSent = Math.floor(this.#received * this.#sentShare * share)
      return { startTime, endTime, usages: [{ type: this.#type, bytesReceived, bytesSent }] }
    }
    return {
      usageCycles: [cycle(1)],
      appsDataUsage: this.#apps.map(({ packageName, share }, index) => ({
        packageNames: [packageName],
        uid: firstUid + index,
        usageCycles: [cycle(share)],
      })),
    }
  }
}

function startOfMonth(nowMs: number): number {
  const now = new Date(nowMs)
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth())
}
