import sql from 'sql-template-tag'
import type { Database } from '../db/database.ts'
import type { Content, Limits, Received } from './inbox.ts'
import type { Storage } from './storage.ts'

/**
 * Takes bytes in and keeps them; the same bytes again are one content.
 *
 * Nothing refers to the content yet: write a row with a foreign key to `storage_object` within a day, or it is collected.
 *
 * @throws AppError when they are too many, their MD5 is another one, or the storage is full.
 */
export async function put(
  database: Database,
  storage: Storage,
  source: AsyncIterable<Uint8Array>,
  limits: Limits,
): Promise<Content> {
  return keep(database, storage, await storage.inbox.receive(source, limits))
}

/**
 * Keeps what was received and looked into. The row is committed before the content is in its place, and not in the caller's
 * transaction: so there is never a content that no row knows, whatever crashes.
 */
export async function keep(database: Database, storage: Storage, received: Received): Promise<Content> {
  const { sha256, sha1, md5, size, discard } = received
  try {
    await database.query(sql`
      INSERT INTO storage_object (sha256, sha1, md5, size) VALUES (${sha256}, ${sha1}, ${md5}, ${size})
      ON CONFLICT (sha256) DO UPDATE SET kept_at = now()`)
    await storage.objects.keep(received)
    return { sha256, sha1, md5, size }
  } finally {
    await discard()
  }
}
