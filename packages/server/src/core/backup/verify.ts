import type { Readable } from 'node:stream'
import type { Backup } from './contents.ts'
import { readBackup } from './read-backup.ts'

/** Reads all of a backup and keeps nothing. @throws when it is not whole. */
export function verify(input: Readable): Promise<Backup> {
  const pass = async (_of: unknown, bytes: AsyncIterable<Buffer>) => {
    for await (const _chunk of bytes);
  }
  return readBackup(input, { head: async () => {}, rows: pass, file: pass, key: async () => {} })
}
