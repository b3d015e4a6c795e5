import type { LocationReport } from '@mason/contract/device'
import type { Random } from '../random.ts'

const metersPerDegree = 111_320
const roamMeters = 25_000

/** The movements of a device around its home: it drives and stops, and turns back when it is too far away. */
export class Journey {
  readonly #home: { latitude: number; longitude: number }
  // Meters to the north and east of home.
  #north: number
  #east: number
  #heading: number
  #isDriving: boolean

  constructor(home: { latitude: number; longitude: number }, random: Random) {
    this.#home = home
    this.#north = random.between(-4000, 4000)
    this.#east = random.between(-4000, 4000)
    this.#heading = random.between(0, 2 * Math.PI)
    this.#isDriving = random.chance(0.5)
  }

  /** Lets time pass. @returns whether the device moved. */
  advance(hours: number, random: Random): boolean {
    if (random.chance(0.15)) this.#isDriving = !this.#isDriving
    if (!this.#isDriving || hours === 0) return false
    const isFarOut = Math.hypot(this.#north, this.#east) > roamMeters
    const wayHome = Math.atan2(-this.#east, -this.#north)
    this.#heading = isFarOut ? wayHome : this.#heading + random.between(-0.8, 0.8)
    // At most half the radius in one step.
    const meters = Math.min(roamMeters / 2, random.between(8000, 60_000) * hours)
    this.#north += Math.cos(this.#heading) * meters
    this.#east += Math.sin(this.#heading) * meters
    return true
  }

  /** The location now, with the accuracy of a GPS receiver. */
  report(nowMs: number, random: Random): LocationReport {
    const latitude = this.#home.latitude + this.#north / metersPerDegree
    const metersPerDegreeEast = metersPerDegree * Math.cos((this.#home.latitude * Math.PI) / 180)
    const longitude = this.#home.longitude + this.#east / metersPerDegreeEast
    return {
      latitude: rounded(latitude, 6),
      longitude: rounded(longitude, 6),
      accuracy: rounded(random.between(3, 25), 1),
      provider: 'gps',
      recordedAt: new Date(nowMs).toISOString(),
    }
  }
}

const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits
