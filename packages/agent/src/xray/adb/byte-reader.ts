import type { Readable } from 'node:stream'

/** Reads a stream in pieces of known sizes. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#pieces = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
  }

  /** @returns exactly so many bytes; undefined when the stream ends before. */
  async exactly(length: number): Promise<Buffer | undefined> {
    const parts = [this.#rest]
    let have = this.#rest.length
    while (have < length) {
      const next = await this.#pieces.next().catch(() => ({ done: true as const, value: undefined }))
      if (next.done) return undefined
      parts.push(next.value)
      have += next.value.length
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts)
    this.#rest = all.subarray(length)
    return all.subarray(0, length)
  }
}
