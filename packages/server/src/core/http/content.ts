import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Content } from '../storage/inbox.ts'
import type { ObjectStore } from '../storage/storage.ts'
import { readRange } from './range.ts'

interface Download extends Pick<Content, 'sha256' | 'size'> {
  contentType: string
  filename: string
}

/**
 * Answers with the bytes of a content, or the part that Range asks for (RFC 9110 §13–14): 200, 206, 304 or 416. Its
 * SHA-256 is its entity tag, so a part can never be one of another content.
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: ObjectStore,
  { sha256, size, contentType, filename }: Download,
): Promise<Readable | string> {
  const { range, 'if-range': condition, 'if-none-match': known } = request.headers
  const tag = `"${sha256}"`
  reply.headers({
    etag: tag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
  })
  if (known !== undefined && isListed(known, tag)) {
    reply.code(304).removeHeader('content-type')
    return ''
  }
  const isRange = request.method === 'GET' && range !== undefined && (condition === undefined || condition === tag)
  const part = isRange ? readRange(range, size) : 'whole'
  if (part === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`)
    throw new AppError('invalid_request_error', `The content has no such part; it has ${size} bytes`, { status: 416 })
  }
  const { first, last } = part === 'whole' ? { first: 0, last: size - 1 } : part
  const isEmpty = request.method === 'HEAD' || size === 0
  const bytes = isEmpty ? Readable.from([]) : await objects.get(sha256, part === 'whole' ? undefined : part)
  if (part !== 'whole') reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`)
  reply.headers({
    'content-type': contentType,
    'content-disposition': attachment(filename),
    'content-length': last - first + 1,
  })
  return bytes
}

/** The comparison of If-None-Match: weak, against any of a list. */
const isListed = (header: string, tag: string) =>
  header.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === tag)

/** RFC 6266: a name for every client, and the exact one (RFC 8187) for those that know it. */
export function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%/]/g, '_')
  const exact = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"${plain === filename ? '' : `; filename*=UTF-8''${exact}`}`
}
