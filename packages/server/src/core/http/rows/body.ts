import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { toUtf8 } from './encoding.ts'
import { refuseForeign } from './foreign.ts'
import { gunzipped, isGzip } from './gzip.ts'
import { peek } from './peek.ts'
import { refusal } from './refusal.ts'

/** How rows are written; `json` is one document, which has to be held whole. */
type Form = 'csv' | 'ndjson' | 'json'

/** A streamed body as UTF-8, whatever it was sent as. */
export interface RowBody {
  form: Form
  pieces: AsyncIterable<Buffer>
}

/**
 * Opens a streamed body: unpacks gzip, turns other encodings into UTF-8, and finds out how its rows are written. Where its
 * Content-Type says neither CSV nor NDJSON – files of spreadsheets come as `text/plain`, `application/vnd.ms-excel` or nothing –
 * its first character does.
 *
 * @param json what a body is that begins like JSON and is not named NDJSON.
 */
export async function openBody(request: FastifyRequest, json: 'json' | 'ndjson'): Promise<RowBody> {
  const { sentContentType = '', headers } = request
  const named = namedForm(sentContentType)
  const unpacked = unpack(piecesOf(request.body as Readable), headers['content-encoding'])
  const [start, pieces] = await peek(toUtf8(await refuseForeign(await unpacked), charsetOf(sentContentType)), 64)
  const text = start.toString('latin1').trimStart()
  const isJson = text.startsWith('{') || text.startsWith('[')
  const form = named ?? (text === '' || isJson ? json : 'csv')
  if (form === 'csv' && isJson) throw refusal('The body is JSON, but its Content-Type says that it is CSV')
  if (form === 'csv' && text.startsWith('<')) throw refusal('The body is HTML or XML: save it as CSV')
  return { form, pieces }
}

function namedForm(contentType: string): Form | undefined {
  const type = contentType.toLowerCase().split(';', 1)[0]?.trim() ?? ''
  if (type === 'text/csv') return 'csv'
  if (/^application\/(x-)?(ndjson|jsonl)$/.test(type)) return 'ndjson'
  if (type.startsWith('multipart/')) throw refusal('The body is a form: send the file itself')
  return undefined
}

const charsetOf = (contentType: string) => /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase()

async function unpack(pieces: AsyncIterable<Buffer>, header = ''): Promise<AsyncIterable<Buffer>> {
  const encoding = header.trim().toLowerCase()
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(encoding))
    throw refusal(
      `The Content-Encoding ${JSON.stringify(encoding.slice(0, 100))} is not one that is read: send gzip or none`,
    )
  const [start, whole] = await peek(pieces, 4)
  if (isGzip(start)) return gunzipped(whole)
  if (encoding.endsWith('gzip') && start.length > 0) throw refusal('The body is not gzip, as its Content-Encoding says')
  return whole
}

async function* piecesOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    // Ending the iteration early must not end the connection: the answer still goes out on it.
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  } catch (error) {
    if (stream.errored) throw refusal('The connection was cut before the body had ended')
    throw error
  } finally {
    // What is still to come is let go by: left unread, every third client that was refused early hung for good.
    setImmediate(() => stream.resume())
  }
}
