import type { Report } from '../../check-in/report.ts'
import type { Random } from '../random.ts'

type BatteryReport = NonNullable<Report['battery']>

// Shared by all devices, so that equal levels are the same object.
const reports: readonly BatteryReport[] = Array.from({ length: 101 }, (_, level) => ({ level: String(level) }))

const chargeHours = 2.5

/** A battery that drains until it is low and is then charged. */
export class Battery {
  #level: number
  #isCharging: boolean
  #lowLevel: number
  readonly #drainPerHour: number

  /** @param lifeHours hours from full to empty. */
  constructor(lifeHours: number, random: Random) {
    this.#level = random.between(20, 100)
    this.#isCharging = random.chance(0.2)
    this.#lowLevel = lowLevel(random)
    this.#drainPerHour = (100 / lifeHours) * random.between(0.7, 1.3)
  }

  /** Lets time pass. */
  advance(hours: number, random: Random): void {
    let hoursLeft = hours
    while (hoursLeft > 0) {
      const perHour = this.#isCharging ? 100 / chargeHours : -this.#drainPerHour
      const turn = this.#isCharging ? 100 : this.#lowLevel
      const hoursToTurn = Math.max(0, (turn - this.#level) / perHour)
      if (hoursToTurn > hoursLeft) {
        this.#level += perHour * hoursLeft
        return
      }
      this.#level = turn
      this.#isCharging = !this.#isCharging
      this.#lowLevel = lowLevel(random)
      hoursLeft -= hoursToTurn
    }
  }

  /** The charge in percent. */
  report(): BatteryReport | undefined {
    return reports[Math.round(this.#level)]
  }
}

const lowLevel = (random: Random) => random.between(5, 30)
