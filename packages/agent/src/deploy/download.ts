import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { backOffMs } from '../back-off.ts'

const attempts = 6
const limits = { firstMs: 1000, longestMs: 60_000 }

/** A file to download. */
export interface RemoteFile {
  /** Absolute. */
  url: string
  /** In hexadecimal. */
  sha256: string
  /** In bytes. */
  size: number
}

export interface DownloadOptions {
  /** Holds the file under its SHA-256; an interrupted download that is there is resumed. */
  folder: string
  /** The whole header; undefined for a server that must not see the credential. */
  authorization: string | undefined
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  signal: AbortSignal
}

/** The downloaded file has another SHA-256 or size than expected. */
export class WrongContent extends Error {
  constructor(sha256: string) {
    super(`the content does not have the SHA-256 ${sha256}`)
  }
}

/**
 * Downloads a file and verifies it. An interrupted download is resumed (RFC 9110 §14), even by a later run.
 *
 * @returns the path of the file.
 * @throws WrongContent when the SHA-256 differs; the error of the last attempt; the signal's reason when it aborts.
 */
export async function download(file: RemoteFile, options: DownloadOptions): Promise<string> {
  const { folder } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, file.sha256)
  // Downloaded ahead, before the window opened.
  if (!(await isWhole(path, file))) await fetchWhole(path, file, options)
  return path
}

const isWhole = async (path: string, { size, sha256 }: RemoteFile) =>
  size > 0 && (await sizeOf(path)) === size && (await hashOf(path)) === sha256

async function fetchWhole(path: string, file: RemoteFile, options: DownloadOptions): Promise<void> {
  const { delay, random, signal } = options
  const part = `${path}.part`
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await sizeOf(part)) < file.size || file.size === 0) await fetchRest(file, part, options)
      if ((await hashOf(part)) !== file.sha256) throw new WrongContent(file.sha256)
      await rename(part, path)
      return
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof WrongContent) await rm(part, { force: true })
      if (error instanceof WrongContent || attempt === attempts) throw error
      await delay(backOffMs(attempt, { ...limits, random: random() }), signal)
    }
  }
}

async function fetchRest({ url, sha256, size }: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  const { authorization, signal } = options
  const start = await sizeOf(part)
  const answer = await fetch(url, {
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(start > 0 && { range: `bytes=${start}-`, 'if-range': `"${sha256}"` }),
    },
    redirect: 'error',
    signal,
  })
  if (answer.status !== 200 && answer.status !== 206) {
    await answer.body?.cancel()
    throw new Error(`GET ${url}: ${answer.status}`)
  }
  const output = await open(part, answer.status === 206 ? 'a' : 'w', 0o600)
  let written = answer.status === 206 ? start : 0
  try {
    for await (const chunk of answer.body ?? []) {
      written += chunk.length
      if (written > size) throw new WrongContent(sha256)
      await output.write(chunk)
    }
    await output.sync()
  } finally {
    await output.close()
  }
  if (written < size) throw new Error(`GET ${url}: interrupted after ${written} of ${size} bytes`)
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
