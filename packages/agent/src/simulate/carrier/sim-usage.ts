import { dayMs } from '@mason/contract/time'
import { Random } from '../random.ts'

// The stream of a SIM differs from the stream of its device.
const seedMask = 0x7573_6167

const medianBytesPerDay = 15_000_000
// From Sunday.
const weekdays = [0.6, 1.02, 1, 1, 1.05, 1.2, 1.13]
/** The share by which the busiest hour lies above the mean, and the quietest hour below it. */
const swing = 0.8
const busiestHour = 15
const runawayFactor = 40
/** Share of the days on which a runaway SIM uses too much. */
const badDayShare = 0.15

/** What a SIM has sent and received in a period, as a carrier reports it; in bytes. */
export interface SimUsageRecord {
  id: string
  iccid: string
  start: string
  end: string
  upload: number
  download: number
}

/** The SIM, its simulation and its location. */
export interface SimUsageOptions {
  iccid: string
  /** Degrees east, which decides the local time of day. */
  longitude: number
  seed: number
  /** The number of its device within the fleet, from 0. */
  index: number
  /** Share of the SIMs that use forty times as much on some days, from 0 to 1. */
  runawayShare: number
}

/**
 * The usage of a simulated SIM, by hour of the day and day of the week. It depends only on its options and the time:
 * however a day is divided into records, they add up to the same bytes.
 */
export class SimUsage {
  readonly iccid: string
  readonly isRunaway: boolean
  readonly #seed: number
  readonly #index: number
  readonly #bytesPerDay: number
  readonly #uploadShare: number
  readonly #busiest: number

  constructor({ iccid, longitude, seed, index, runawayShare }: SimUsageOptions) {
    const random = new Random(seed ^ seedMask, index)
    this.iccid = iccid
    this.#seed = seed ^ seedMask
    this.#index = index
    // Few SIMs use very much.
    this.#bytesPerDay = medianBytesPerDay * Math.exp(random.between(-2, 2))
    this.#uploadShare = random.between(0.05, 0.6)
    this.#busiest = (busiestHour - longitude / 15) / 24
    this.isRunaway = random.chance(runawayShare)
  }

  /**
   * The usage from one moment (inclusive) to another (exclusive), both in milliseconds since 1970.
   *
   * @returns one record; equal moments yield an equal record, with the same id.
   */
  record(startMs: number, endMs: number): SimUsageRecord {
    const bytes = this.#until(endMs) - this.#until(startMs) + this.#wholeDays(startMs, endMs)
    const upload = Math.floor(bytes * this.#uploadShare)
    return {
      id: `${startMs}-${endMs}`,
      iccid: this.iccid,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      upload,
      download: bytes - upload,
    }
  }

  /** The bytes of a day up to a moment of that day. */
  #until(ms: number): number {
    const day = Math.floor(ms / dayMs)
    return Math.floor(this.#ofDay(day) * this.#shareOfDay(ms / dayMs - day))
  }

  /** The bytes of all days from the day of one moment (inclusive) to the day of another (exclusive). */
  #wholeDays(startMs: number, endMs: number): number {
    let bytes = 0
    for (let day = Math.floor(startMs / dayMs); day < Math.floor(endMs / dayMs); day++) bytes += this.#ofDay(day)
    return bytes
  }

  #ofDay(day: number): number {
    const random = new Random(this.#seed ^ Math.imul(this.#index + 1, 0x9e37_79b1), day)
    const weekday = weekdays[(day + 4) % 7] ?? 1
    const variation = Math.exp(random.between(-0.4, 0.4))
    const isBad = random.chance(badDayShare) && this.isRunaway
    return Math.floor(this.#bytesPerDay * weekday * variation * (isBad ? runawayFactor : 1))
  }

  /** The share of a day's bytes before a point of the day: the integral of a cosine around the busiest hour. */
  #shareOfDay(point: number): number {
    const turn = 2 * Math.PI
    const wave = (at: number) => (swing / turn) * Math.sin(turn * (at - this.#busiest))
    return point + wave(point) - wave(0)
  }
}
