/** The color of a picture, as video has it. */
export interface Yuv {
  y: number
  u: number
  v: number
}

const blockSide = 16
const startCode = Buffer.from([0, 0, 0, 1])

/**
 * Writes a video of one picture in one color, without a compressor: each block is raw (I_PCM). Source: ITU-T H.264 §7.3, Baseline.
 *
 * @param width in pixels, like the height a multiple of 16.
 */
export function stillVideo(width: number, height: number, { y, u, v }: Yuv) {
  const [columns, rows] = [width / blockSide, height / blockSide]
  const [profile, compatibility, level] = [66, 0xc0, 30]
  const sequence = new Bits()
    .bits(profile, 8)
    .bits(compatibility, 8)
    .bits(level, 8)
    // Its id, frame numbers of 4 bits, pictures in the order of decoding, one reference, no gaps, the size, frames only, no cropping, no more.
    .golomb(0, 0, 2, 1)
    .bits(0, 1)
    .golomb(columns - 1, rows - 1)
    .bits(0b1100, 4)
    .end()
  // Its id, that of the sequence, no arithmetic coding, one slice, one reference, no weights, quantizers, and a say in deblocking.
  const picture = new Bits().golomb(0, 0).bits(0, 2).golomb(0, 0, 0).bits(0, 3).golomb(0, 0, 0).bits(0b100, 3).end()
  // From the first block on, intra only, the frame's number, its id, how it is kept, quantizer, no deblocking.
  const slice = new Bits().golomb(0, 7, 0).bits(0, 4).golomb(0).bits(0, 2).golomb(0, 1)
  const block = Buffer.concat([Buffer.alloc(256, y), Buffer.alloc(64, u), Buffer.alloc(64, v)])
  for (let count = 0; count < columns * rows; count++) slice.golomb(25).align().bytes(block)
  return {
    configuration: Buffer.concat([unit(0x67, sequence), unit(0x68, picture)]),
    picture: unit(0x65, slice.end()),
  }
}

/** A unit of the stream, in which three bytes never look like the start of another. */
function unit(header: number, content: Buffer): Buffer {
  const safe: number[] = []
  for (const byte of content) {
    if (byte <= 3 && safe.length >= 2 && safe.at(-1) === 0 && safe.at(-2) === 0) safe.push(3)
    safe.push(byte)
  }
  return Buffer.concat([startCode, Buffer.from([header]), Buffer.from(safe)])
}

class Bits {
  readonly #bytes: number[] = []
  #used = 8

  bits(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      if (this.#used === 8) {
        this.#bytes.push(0)
        this.#used = 0
      }
      this.#used += 1
      const last = this.#bytes.length - 1
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >> bit) & 1) << (8 - this.#used))
    }
    return this
  }

  /** Whole numbers, each in as many bits as it needs (Exp-Golomb). */
  golomb(...values: number[]): this {
    for (const value of values) this.bits(value + 1, 2 * Math.floor(Math.log2(value + 1)) + 1)
    return this
  }

  align(): this {
    this.#used = 8
    return this
  }

  bytes(bytes: Buffer): this {
    this.#bytes.push(...bytes)
    return this
  }

  end(): Buffer {
    return Buffer.from(this.bits(1, 1).#bytes)
  }
}
