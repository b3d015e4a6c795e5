import { isUtf8 } from 'node:buffer'
import type { Route } from '@mason/contract/route'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { measureByProgress } from '../connection/transfers.ts'
import { AppError } from '../errors.ts'
import { isDeeper, maxDepth, withoutDeeper } from './depth.ts'

const streamed = 'application/octet-stream'

/**
 * A JSON body is parsed whatever its Content-Type says: the documented curl samples send
 * `application/x-www-form-urlencoded` (docs/contract.md §1). A route whose body is streamed is given the stream.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, sent: Buffer) => {
    const body = withoutMark(sent)
    if (body.length === 0) return undefined
    request.rawBody = body
    const { form, isLenient } = request.routeOptions.config as Partial<Route['config']>
    if (isLenient) return parseJsonLeniently(body)
    return form && !startsAsObject(body) ? parseForm(body) : parseJson(body)
  })
  app.addContentTypeParser(streamed, (request, stream, done) => {
    measureByProgress(request.raw)
    done(null, stream)
  })
  // Of an answer before the body has ended the client may hear only after sending more; then it is not waited for.
  app.addHook('onResponse', (request, _reply, done) => {
    const { raw } = request
    if (request.sentContentType !== undefined && !raw.complete && !raw.destroyed) {
      const timer = setTimeout(() => raw.socket.destroy(), lingerMs).unref()
      raw.once('close', () => clearTimeout(timer)).resume()
    }
    done()
  })
  // An empty header and a malformed one are no reason to refuse a body that is JSON.
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    const { isStreamed = false } = request.routeOptions.config as Partial<Route['config']>
    if (isStreamed) request.sentContentType = headers['content-type'] ?? ''
    if (request.method !== 'GET' && request.method !== 'HEAD')
      headers['content-type'] = isStreamed ? streamed : 'application/json'
    done()
  })
}

const lingerMs = 2_000

const startsAsObject = (body: Buffer) => /^\s*\{/.test(body.subarray(0, 100).toString('latin1'))

/** Reads a form; RFC 6749 allows each parameter once. */
function parseForm(body: Buffer): Record<string, string> {
  if (!isUtf8(body)) throw new AppError('invalid_request_error', 'The body is not valid UTF-8')
  const parameters = [...new URLSearchParams(body.toString('utf8'))]
  const form = Object.fromEntries(parameters)
  if (Object.keys(form).length < parameters.length)
    throw new AppError('invalid_request_error', 'A parameter stands in the form twice')
  refuseBadText(form, '')
  return form
}

const byteOrderMark = Buffer.from('\ufeff')

/** Spreadsheets and editors on Windows put a byte order mark in front. */
const withoutMark = (body: Buffer) =>
  body.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? body.subarray(byteOrderMark.length) : body

/** Scripts on Windows write UTF-16, clients pack what they send: that is said by its name. */
function refuseOtherEncoding(body: Buffer): void {
  const [first, second] = body
  const mark = body.toString('latin1', 0, 2)
  if (mark === '\x1f\x8b') throw new AppError('invalid_request_error', 'The body is packed with gzip: send it unpacked')
  if (mark === '\xff\xfe' || mark === '\xfe\xff' || first === 0 || second === 0)
    throw new AppError('invalid_request_error', 'The body is in UTF-16: send UTF-8')
}

/** Reads JSON that can be stored: valid UTF-8, no NUL, no half of a surrogate pair. */
export function parseJson(sent: Buffer): unknown {
  const body = withoutMark(sent)
  refuseOtherEncoding(body)
  if (!isUtf8(body)) throw new AppError('invalid_request_error', 'The body is not valid UTF-8')
  return parseJsonText(body.toString('utf8'), 'The body ')
}

/** JSON whose reader looks at each member by itself. */
export interface LenientJson {
  value: unknown
  /** Whether text that cannot be stored may stand in it. */
  mayHoldBadText: boolean
}

/**
 * Reads JSON without a look at its text; what is not UTF-8 comes out as half a surrogate pair, and what is nested too deep, in
 * which no member lies that anybody knows, as null.
 */
export function parseJsonLeniently(sent: Buffer): LenientJson {
  const body = withoutMark(sent)
  refuseOtherEncoding(body)
  const isClean = isUtf8(body)
  const text = isClean ? body.toString('utf8') : withMarkedFaults(body)
  return { value: parse(withoutDeeper(text, maxDepth), 'The body '), mayHoldBadText: !isClean || mayHoldBadText(text) }
}

/** Stands for bytes that are not UTF-8. */
const notUtf8 = '\udfff'

/** Replacement characters that were sent are escaped, so that all others stand for bytes that are not UTF-8. */
const withMarkedFaults = (body: Buffer) =>
  Buffer.from(body.toString('latin1').replaceAll('\xef\xbf\xbd', '\\ufffd'), 'latin1')
    .toString('utf8')
    .replaceAll('\ufffd', notUtf8)

/** Raw control characters are no JSON, so a NUL or half a surrogate pair can only stand in it as an escape. */
const mayHoldBadText = (text: string) => text.includes('\\u')

/** The same for text that is only part of a body. */
export function parseJsonText(text: string, what = ''): unknown {
  const value = parse(text, what)
  if (mayHoldBadText(text)) refuseBadText(value, '')
  return value
}

function parse(text: string, what: string): unknown {
  // With the body, of which free JSON is a member.
  if (isDeeper(text, maxDepth + 1))
    throw new AppError('invalid_request_error', `${what}is nested more than ${maxDepth} deep`)
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = (error as Error).message.toWellFormed()
    throw new AppError('invalid_request_error', `${what}is not valid JSON: ${reason}`)
  }
}

/** What is wrong with a text that cannot be stored or sent on. */
export function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'holds a NUL character'
  if (text.isWellFormed()) return undefined
  return text.includes(notUtf8) ? 'holds a byte that is not UTF-8' : 'holds a lone surrogate'
}

/** Whether a value of bounded depth holds such text. */
export function holdsBadText(value: unknown): boolean {
  if (typeof value === 'string') return textFault(value) !== undefined
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsBadText)
}

/** Refuses text that cannot be stored or sent on: a NUL, or half a surrogate pair. */
export function refuseBadText(value: unknown, path: string, depth = 0): void {
  if (typeof value === 'string') {
    const fault = textFault(value)
    if (fault)
      throw new AppError('invalid_request_error', `${path || 'The text'} ${fault}`, {
        faults: [{ path, message: fault }],
      })
  } else if (typeof value === 'object' && value !== null) {
    if (depth > maxDepth) throw new AppError('invalid_request_error', `The body is nested more than ${maxDepth} deep`)
    for (const [name, member] of Object.entries(value)) {
      refuseBadText(name, path)
      refuseBadText(member, `${path}/${name}`, depth + 1)
    }
  }
}
