import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Background } from '../background.ts'
import type { Config } from '../config.ts'
import { openDisk } from './disk.ts'
import { type Inbox, openInbox, type Received } from './inbox.ts'

/** The first and the last byte of a part, counted from 0. */
export interface ByteRange {
  first: number
  last: number
}

/** Where contents are kept, each under the SHA-256 of its bytes: what is kept under a name never changes. */
export interface ObjectStore {
  /** Keeps a received content, for good once this resolves; one that is kept already stays. */
  keep(received: Received): Promise<void>
  /** Opens a content, or a part of it, for reading; it must be kept. */
  get(sha256: string, range?: ByteRange): Promise<Readable>
  has(sha256: string): Promise<boolean>
  /** Forgets a content; one that is not there is no error. */
  remove(sha256: string): Promise<void>
}

/** The contents, and the folder of this node in which they arrive. */
export interface Storage {
  inbox: Inbox
  objects: ObjectStore
  close(): void
}

export async function openStorage(config: Config, background: Background): Promise<Storage> {
  const folder = path.join(config.DATA_DIR, 'storage')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const inbox = await openInbox(path.join(folder, 'inbox'), background)
  const { S3_BUCKET } = config
  if (S3_BUCKET === undefined)
    return { inbox, objects: await openDisk(path.join(folder, 'objects')), close: inbox.close }
  // Loading the client takes 50 MB and 0.4 s: only who uses it pays.
  const { openS3 } = await import('./s3.ts')
  return { inbox, objects: await openS3({ ...config, S3_BUCKET }), close: inbox.close }
}
