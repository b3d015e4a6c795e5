import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError } from '../../errors.ts'
import { refusal } from './refusal.ts'

/** Source: RFC 1952 §2.3.1. */
export const isGzip = (start: Buffer) => start[0] === 0x1f && start[1] === 0x8b

/** Files of records shrink to a twentieth or so; what grows far more is made to keep a server busy. */
const maxGrowth = 200
const freeBytes = 16 * 2 ** 20

/** Unpacks a body as it arrives. */
export async function* gunzipped(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [packed, unpacked] = [0, 0]
  const counted = async function* () {
    for await (const piece of pieces) {
      packed += piece.length
      yield piece
    }
  }
  const source = Readable.from(counted(), { objectMode: false })
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error)).pipe(gunzip)
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      unpacked += piece.length
      if (unpacked > freeBytes && unpacked > maxGrowth * packed)
        throw refusal(`The gzip grows to more than ${maxGrowth} times its size`)
      yield piece
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw refusal(`The gzip is damaged or was cut off: ${(error as Error).message}`)
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}
