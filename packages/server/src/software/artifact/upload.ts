import type { Readable } from 'node:stream'
import type { ArtifactType } from '@mason/contract/artifact'
import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Database } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { deletePortion } from '../../core/jobs/portion.ts'
import type { Content } from '../../core/storage/inbox.ts'
import { keep } from '../../core/storage/keep.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import type { Storage } from '../../core/storage/storage.ts'
import { maxConfigBytes } from './config.ts'
import { inspect } from './inspect.ts'

/** Where uploads go and how they are signed. */
export interface Uploads {
  storage: Storage
  signer: UrlSigner
  maxBytes: number
  publicUrl: () => string
}

const lifetimeMs = hourMs

interface Expected {
  type: ArtifactType
  /** In hexadecimal. */
  md5?: string | undefined
}

/** A URL that takes the bytes of an artifact, and one that names them when they are registered. */
export function offerUpload({ signer, publicUrl }: Uploads, actor: Actor, { type, md5 }: Expected) {
  const id = uuidv7()
  const expiresAt = new Date(Date.now() + lifetimeMs)
  const path = `/upload/${id}`
  const parameters = { account: actor.accountId, type, ...(md5 !== undefined && { md5: md5.toLowerCase() }) }
  const uploadUrl = `${publicUrl()}${signer.sign({ method: 'PUT', path, parameters, expiresAt })}`
  return { uploadUrl, url: `${publicUrl()}${path}`, expiresAt: expiresAt.toISOString() }
}

/** The MD5 of a Content-MD5 header (RFC 1864: base64) in hexadecimal; hexadecimal is taken as it is. */
export function readContentMd5(header: string | string[] | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  const text = String(header).trim()
  if (/^[0-9a-f]{32}$/i.test(text)) return text.toLowerCase()
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 16 && bytes.toString('base64') === text) return bytes.toString('hex')
  throw new AppError('invalid_request_error', 'Content-MD5 must be the base64 of 16 bytes')
}

interface Sent {
  method: string
  url: string
  source: Readable
  md5: string | undefined
  /** The size that the sender says it has; none where it does not know. */
  announced: number | undefined
}

/**
 * Takes the bytes of a signed upload in and looks into them while they lie on this node's disk; what is wrong with them is told
 * when they are registered. The same upload sent again takes the place of the earlier one.
 */
export async function receiveUpload(
  database: Database,
  { storage, signer, maxBytes }: Uploads,
  { method, url, source, md5, announced }: Sent,
): Promise<Content> {
  signer.verify(method, url)
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const expected = searchParams.get('md5') ?? md5
  if (md5 !== undefined && md5 !== expected)
    throw new AppError('invalid_request_error', `The URL was signed for the MD5 ${expected}, not ${md5}`)
  const type = searchParams.get('type') as ArtifactType
  const limit = type === 'config' ? Math.min(maxConfigBytes, maxBytes) : maxBytes
  // A refusal still goes out on the connection: ended with the reading, its rest would keep it from ever closing.
  const received = await storage.inbox.receive(source.iterator({ destroyOnReturn: false }), {
    maxBytes: limit,
    ...(announced !== undefined && { announced }),
    ...(expected !== undefined && { md5: expected }),
  })
  const { facts, refusal } = await inspect(received.file, received.size, type)
  const content = await keep(database, storage, received)
  await database.query(sql`
    INSERT INTO upload (account_id, id, type, sha256, facts, refusal)
    VALUES (${searchParams.get('account')}, ${pathname.slice('/upload/'.length)}, ${type}, ${content.sha256},
            ${facts && JSON.stringify(facts)}, ${refusal && JSON.stringify(refusal)})
    ON CONFLICT (account_id, id) DO UPDATE SET sha256 = excluded.sha256, facts = excluded.facts, refusal = excluded.refusal`)
  return content
}

/** Forgets uploads that nobody registered. */
export const expireUploads: PeriodicJob = {
  name: 'expire-uploads',
  everyMs: lifetimeMs,
  run: (tx) => deletePortion(tx, 'upload', sql`created_at < now() - interval '1 day'`),
}
