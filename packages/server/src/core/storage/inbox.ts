import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { dayMs, hourMs } from '@mason/contract/time'
import type { Background } from '../background.ts'
import { AppError } from '../errors.ts'
import { refuseFull } from './full.ts'

/** What is known of a content once all of it has been seen; the digests in hexadecimal. */
export interface Content {
  sha256: string
  sha1: string
  md5: string
  size: number
}

/** A content in a file of this node, flushed to disk, to be looked into and then kept or discarded. */
export interface Received extends Content {
  file: string
  /** Deletes the file; after it was kept, nothing. */
  discard(): Promise<void>
}

export interface Limits {
  maxBytes: number
  /** How many bytes the sender says there are: too many are refused before one is read. */
  announced?: number
  /** The announced MD5 in hexadecimal; another one is refused. */
  md5?: string
}

/** Where contents arrive before it is known what they are. */
export interface Inbox {
  /**
   * Writes the bytes to a file while their digests are computed, at flat memory.
   *
   * @throws AppError when there are too many, their MD5 is another one, or the disk is full; nothing is left behind.
   */
  receive(source: AsyncIterable<Uint8Array>, limits: Limits): Promise<Received>
  close(): void
}

/** What a crash left behind is deleted when nothing has been written to it for so long. */
const leftoverMs = dayMs
const sweepMs = hourMs

export async function openInbox(folder: string, background: Background): Promise<Inbox> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await sweep(folder)
  const sweeping = background.every('sweep-inbox', sweepMs, () => sweep(folder))
  return {
    receive: (source, limits) => receive(path.join(folder, randomUUID()), source, limits),
    close: () => void sweeping.stop(),
  }
}

async function receive(file: string, source: AsyncIterable<Uint8Array>, limits: Limits): Promise<Received> {
  const [sha256, sha1, md5] = [createHash('sha256'), createHash('sha1'), createHash('md5')]
  const tooLarge = () => new AppError('invalid_request_error', `The content is larger than ${limits.maxBytes} bytes`)
  if (limits.announced !== undefined && limits.announced > limits.maxBytes) throw tooLarge()
  let size = 0
  const measured = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > limits.maxBytes) throw tooLarge()
      sha256.update(chunk)
      sha1.update(chunk)
      md5.update(chunk)
      yield chunk
    }
  }
  const discard = () => rm(file, { force: true })
  try {
    const handle = await open(file, 'wx', 0o600)
    await pipeline(source, measured, handle.createWriteStream({ flush: true }))
    const content = { sha256: sha256.digest('hex'), sha1: sha1.digest('hex'), md5: md5.digest('hex'), size }
    if (limits.md5 !== undefined && limits.md5.toLowerCase() !== content.md5)
      throw new AppError('invalid_request_error', `The MD5 of the content is ${content.md5}, not ${limits.md5}`)
    return { ...content, file, discard }
  } catch (error) {
    await discard()
    throw refuseFull(error)
  }
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    if (found && found.mtimeMs < Date.now() - leftoverMs) await rm(file, { force: true })
  }
}
