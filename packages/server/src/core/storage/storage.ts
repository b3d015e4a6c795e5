import type { Readable } from 'node:stream'
import type { Inbox, Received } from './inbox.ts'

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
