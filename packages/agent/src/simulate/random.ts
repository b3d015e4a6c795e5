/**
 * A seeded random number generator: sfc32, with 128 bits of state, so that each device has its own stream. For simulation
 * only; it is predictable.
 */
export class Random {
  #a: number
  #b: number
  #c = 0
  #counter = 1

  /** Equal seed and stream yield equal numbers; the streams of one seed are independent. */
  constructor(seed: number, stream: number) {
    this.#a = seed | 0
    this.#b = stream | 0
    for (let round = 0; round < 12; round++) this.#next()
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    return this.#next() / 2 ** 32
  }

  /** From low up to, but not including, high. */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low)
  }

  /** From low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  /** True with a probability from 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One item of a non-empty list. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.integer(0, list.length - 1)] ?? list[0]
  }

  /** A string of decimal digits. */
  digits(count: number): string {
    return Array.from({ length: count }, () => this.integer(0, 9)).join('')
  }

  /** A string of lower-case hexadecimal digits. */
  hex(count: number): string {
    let digits = ''
    while (digits.length < count) digits += this.#next().toString(16).padStart(8, '0')
    return digits.slice(0, count)
  }

  /** A UUID of version 4. Source: RFC 9562 §5.4. */
  uuid(): string {
    const variant = this.pick(['8', '9', 'a', 'b'])
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${variant}${this.hex(3)}-${this.hex(12)}`
  }

  /** A locally administered unicast MAC address. */
  macAddress(): string {
    return `02:${Array.from({ length: 5 }, () => this.hex(2)).join(':')}`
  }
}
