import { createHash } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import tar from 'tar-stream'
import { sealed } from './seal.ts'

/** With a checksum, by which the usual tools notice damage. */
const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** Writes parts one after another, no faster than they are taken. */
export class ArchiveWriter {
  readonly #pack = tar.pack()
  readonly #written: Promise<void>

  constructor(output: Writable) {
    this.#written = pipeline(this.#pack, createZstdCompress(compression), sealed, output)
    this.#written.catch(() => {})
  }

  async add(name: string, bytes: Buffer): Promise<void> {
    await this.#whole(
      new Promise<void>((resolve, reject) => {
        this.#pack.entry(header(name, bytes.length), bytes, (error) => (error ? reject(error) : resolve()))
      }),
    )
  }

  /** @throws when there are more or fewer bytes than announced. @returns the SHA-256 of the part. */
  async addStream(name: string, size: number, source: Readable): Promise<string> {
    const digest = createHash('sha256')
    const entry = this.#pack.entry(header(name, size))
    await this.#whole(
      pipeline(
        source,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            digest.update(chunk)
            yield chunk
          }
        },
        entry,
      ),
    )
    return digest.digest('hex')
  }

  async end(): Promise<void> {
    this.#pack.finalize()
    await this.#written
  }

  /** Gives it up. */
  async abandon(reason: Error): Promise<void> {
    this.#pack.destroy(reason)
    await this.#written.catch(() => {})
  }

  /** A disk that is full fails the output first, and everything before it in consequence. */
  async #whole(part: Promise<unknown>): Promise<void> {
    try {
      await Promise.race([part, this.#written])
    } catch (error) {
      this.#pack.destroy(error as Error)
      await this.#written
      throw error
    }
  }
}

const header = (name: string, size: number) => ({ name, size, mode: 0o600 })
