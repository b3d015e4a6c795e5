import { createHash } from 'node:crypto'
import { cutOff, damaged, notOurs } from './faults.ts'

/** How a frame of 32 bytes begins that zstd skips, so that the usual tools read the file as well. */
const sealHead = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 32, 0, 0, 0])
const sealBytes = sealHead.length + 32
const zstdHead = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** Ends what zstd wrote with the SHA-256 of it: some bits can change without a change of what they are unpacked to. */
export async function* sealed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  for await (const chunk of chunks) {
    digest.update(chunk)
    yield chunk
  }
  yield Buffer.concat([sealHead, digest.digest()])
}

/** @throws at the end when any byte is another one or missing, and at the beginning when it is something else. */
export async function* unsealed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  let held = Buffer.alloc(0)
  let isKnown = false
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk])
    if (!isKnown && held.length >= zstdHead.length) {
      if (!held.subarray(0, zstdHead.length).equals(zstdHead)) throw notOurs()
      isKnown = true
    }
    if (held.length <= sealBytes) continue
    const passed = held.subarray(0, -sealBytes)
    held = held.subarray(-sealBytes)
    digest.update(passed)
    yield passed
  }
  if (!held.subarray(0, sealHead.length).equals(sealHead)) throw cutOff()
  if (!held.subarray(sealHead.length).equals(digest.digest())) throw damaged('it has other bytes than were written')
}
