/** Reads the length-prefixed, little-endian values that APK signatures are made of; reading past the end throws. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  uint32(): number {
    return this.#take(4).readUInt32LE(0)
  }

  skip(length: number): void {
    this.#take(length)
  }

  sized(): Buffer {
    return this.#take(this.uint32())
  }

  sized64(): Buffer {
    return this.#take(Number(this.#take(8).readBigUInt64LE(0)))
  }

  rest(): Buffer {
    return this.#take(this.#bytes.length - this.#at)
  }

  /** Every one of the sized values up to the end. */
  each<T>(read: (value: Buffer) => T): T[] {
    const values: T[] = []
    while (!this.isAtEnd) values.push(read(this.sized()))
    return values
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new Error('its signing block is cut off')
    const value = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return value
  }
}
