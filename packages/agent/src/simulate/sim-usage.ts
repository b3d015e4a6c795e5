import { Random } from './random.ts'

const dayMs = 86_400_000
/** Keeps what a SIM uses apart from what its device is. */
const seedMask = 0x7573_6167

const medianBytesPerDay = 15_000_000
// From Sunday.
const weekdays = [0.6, 1.02, 1, 1, 1.05, 1.2, 1.13]
/** How deep the night is: the share by which the busiest hour lies above the mean, and the quietest below. */
const swing = 0.8
const busiestHour = 15
const runawayFactor = 40
/** A runaway SIM has its bad days. */
const badDayShare = 0.15

/** What a SIM has sent and received in a time, as a carrier reports it. */
export interface SimUsageRecord {
  id: string
  iccid: string
  start: string
  end: string
  upload: number
  download: number
}

/** Which SIM of which simulation, and where it is. */
export interface SimUsageOptions {
  iccid: string
  /** Degrees east; the sun decides when people are awake. */
  longitude: number
  seed: number
  /** The number of its device within the fleet, from 0. */
  index: number
  /** Which share of the SIMs runs away: forty times as much on some days. */
  runawayShare: number
}

/**
 * The usage of a simulated SIM, by the hour of the day and the day of the week. It is decided by its options and the time alone:
 * however a day is cut into records, they add up to the same bytes.
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
   * What was used from a moment to just before another, both in milliseconds since 1970.
   *
   * @returns one record; its id is the same whenever it is asked for.
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

  /** The bytes of a day up to this moment in it. */
  #until(ms: number): number {
    const day = Math.floor(ms / dayMs)
    return Math.floor(this.#ofDay(day) * this.#shareOfDay(ms / dayMs - day))
  }

  /** The bytes of the days that lie between the day of one moment and that of the other, the first day included. */
  #wholeDays(startMs: number, endMs: number): number {
    let bytes = 0
    for (let day = Math.floor(startMs / dayMs); day < Math.floor(endMs / dayMs); day++) bytes += this.#ofDay(day)
    return bytes
  }

  #ofDay(day: number): number {
    const random = new Random(this.#seed ^ Math.imul(this.#index + 1, 0x9e37_79b1), day)
    const weekday = weekdays[(day + 4) % 7] ?? 1
    const mood = Math.exp(random.between(-0.4, 0.4))
    const isBad = random.chance(badDayShare) && this.isRunaway
    return Math.floor(this.#bytesPerDay * weekday * mood * (isBad ? runawayFactor : 1))
  }

  /** How much of a day's bytes fall before this point of it: the integral of a cosine around the busiest hour. */
  #shareOfDay(point: number): number {
    const turn = 2 * Math.PI
    const wave = (at: number) => (swing / turn) * Math.sin(turn * (at - this.#busiest))
    return point + wave(point) - wave(0)
  }
}
