import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { parseJsonText } from './body.ts'

/** A line of a streamed body: what it says, or why it says nothing. Lines count from 1; in CSV the header is line 1. */
export type Row = { line: number; value: unknown; fault?: never } | { line: number; fault: string; value?: never }

interface Columns {
  /** Whether a CSV may have a column of this name. */
  isKnown(name: string): boolean
  required: readonly string[]
}

const maxLineBytes = 64 * 1024
const batchSize = 1_000

/** How the rows of a body are written; undefined where its Content-Type is neither form. */
export function rowFormat({ sentContentType = '' }: FastifyRequest): 'csv' | 'ndjson' | undefined {
  const [type] = sentContentType.toLowerCase().split(';', 1)
  if (type?.trim() === 'text/csv') return 'csv'
  return type && /^application\/(x-)?(ndjson|jsonl)\s*$/.test(type.trim()) ? 'ndjson' : undefined
}

/**
 * Reads a body row by row as it arrives, in batches; nothing is read while a batch is worked on. A row of NDJSON is what
 * the line says, one of CSV (RFC 4180, without line breaks in cells) its filled cells by column.
 *
 * @throws AppError for a CSV header that is wrong, and when the connection is cut: what came before was yielded.
 */
export async function* readRows(
  request: FastifyRequest,
  format: 'csv' | 'ndjson',
  columns: Columns,
): AsyncGenerator<Row[]> {
  let header: string[] | undefined
  let batch: Row[] = []
  let line = 0
  for await (const texts of readLines(request.body as Readable)) {
    for (const text of texts) {
      line++
      if (text?.trim() === '') continue
      if (format === 'csv' && header === undefined) header = readHeader(text, columns)
      else batch.push(readRow(line, text, header))
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function readRow(line: number, text: string | undefined, header: string[] | undefined): Row {
  if (text === undefined) return { line, fault: 'is not valid UTF-8' }
  if (text.length > maxLineBytes) return { line, fault: `is longer than ${maxLineBytes} bytes` }
  try {
    return { line, value: header === undefined ? parseJsonText(text) : readRecord(header, text) }
  } catch (error) {
    if (error instanceof AppError) return { line, fault: error.message }
    throw error
  }
}

function readHeader(text: string | undefined, { isKnown, required }: Columns): string[] {
  const names = readCells(text ?? '').map((name) => name.trim())
  for (const [place, name] of names.entries()) {
    if (!isKnown(name))
      throw refusal(`The column ${JSON.stringify(name.slice(0, 100))} is not one that this call knows`)
    if (names.indexOf(name) !== place) throw refusal(`The column ${name} is there twice`)
  }
  const missing = required.find((name) => !names.includes(name))
  if (missing !== undefined) throw refusal(`The column ${missing} is missing`)
  return names
}

/** The filled cells by column. */
function readRecord(header: readonly string[], text: string): Record<string, string> {
  const cells = readCells(text)
  if (cells.length !== header.length)
    throw refusal(`has ${cells.length} cells where the header has ${header.length} columns`)
  const record: Record<string, string> = {}
  for (const [place, name] of header.entries()) {
    const cell = cells[place]
    if (cell) record[name] = cell
  }
  return record
}

const cellForm = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y

function readCells(text: string): string[] {
  const row = text.endsWith('\r') ? text.slice(0, -1) : text
  if (row.includes('\0')) throw refusal('holds a NUL character')
  if (!row.includes('"')) return row.split(',')
  const cells: string[] = []
  cellForm.lastIndex = 0
  for (;;) {
    const match = cellForm.exec(row)
    if (!match) throw refusal('has a quote that is not closed on the same line, or stands inside a cell')
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return cells
  }
}

const refusal = (message: string) => new AppError('invalid_request_error', message)

/** The lines of each piece that arrives; undefined for one that is not UTF-8. Never holds more than a piece and a line. */
async function* readLines(stream: Readable): AsyncGenerator<(string | undefined)[]> {
  let rest: Buffer = Buffer.alloc(0)
  let isFirst = true
  const decode = (bytes: Buffer) => {
    const texts = isUtf8(bytes) ? bytes.toString('utf8').split('\n') : decodeEach(bytes)
    if (isFirst) texts[0] = texts[0]?.replace(/^\ufeff/, '')
    isFirst = false
    return texts
  }
  try {
    // Ending the iteration early must not end the connection: the answer still goes out on it.
    for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const [first, last] = [piece.indexOf(10), piece.lastIndexOf(10)]
      if (first === -1) {
        rest = join(rest, piece)
        continue
      }
      yield decode(join(rest, piece.subarray(0, first)))
      if (last > first) yield decode(piece.subarray(first + 1, last))
      rest = join(piece.subarray(last + 1))
    }
  } catch (error) {
    if (stream.errored) throw refusal('The connection was cut before the body had ended')
    throw error
  } finally {
    // What is still to come is let go by: left unread, every third client that was refused early hung for good.
    setImmediate(() => stream.resume())
  }
  if (rest.length > 0) yield decode(rest)
}

/** One byte over the limit is enough to know that a line is too long. */
const join = (...parts: Buffer[]) => Buffer.concat(parts).subarray(0, maxLineBytes + 1)

function decodeEach(bytes: Buffer): (string | undefined)[] {
  const texts: (string | undefined)[] = []
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(10, start)
    const end = found === -1 ? bytes.length : found
    const line = bytes.subarray(start, end)
    // A line that was cut off for its length may end within a character.
    texts.push(isUtf8(line) || line.length > maxLineBytes ? line.toString('utf8') : undefined)
    start = end + 1
  }
  return texts
}
