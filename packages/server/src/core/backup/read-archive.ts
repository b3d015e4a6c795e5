import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import tar from 'tar-stream'
import { unsealed } from './seal.ts'

export interface Part {
  name: string
  /** To be read to its end. */
  bytes: AsyncIterable<Buffer>
}

/** The parts in their order; the generator ends in order only when the whole file was read and is what was written. */
export async function* readArchive(input: Readable): AsyncGenerator<Part> {
  const extract = tar.extract()
  const read = pipeline(input, unsealed, createZstdDecompress(), extract)
  read.catch(() => {})
  try {
    for await (const entry of extract) yield { name: entry.header.name, bytes: entry as AsyncIterable<Buffer> }
  } catch (error) {
    // What comes before the tar fails first, and the tar in consequence.
    await read
    throw error
  }
  await read
}
