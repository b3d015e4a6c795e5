import { AppError } from '../../errors.ts'
import { parseJsonText } from '../body.ts'
import type { RowBody } from './body.ts'
import { type Columns, type Header, readHeader, readRecord } from './csv.ts'
import { type Cut, lineFeed, RowCutter } from './cut.ts'

/** A row of a streamed body: what it says, or why it says nothing. Lines count from 1; in CSV the header is line 1. */
export type Row = { line: number; value: unknown; fault?: never } | { line: number; fault: string; value?: never }

/** The rows of a body, in batches; nothing is read while a batch is worked on. */
export interface Rows {
  batches: AsyncIterable<Row[]>
  /** The columns of a CSV that the call does not know. */
  ignored: string[]
}

const batchSize = 1_000
const maxLineLength = 64 * 1024

/**
 * Reads a body row by row as it arrives. A row of NDJSON is what the line says, one of CSV its filled cells by column.
 *
 * @throws AppError for a CSV header that is wrong, and when the connection is cut: what came before was yielded.
 */
export async function openRows({ form, pieces }: RowBody, columns: Columns): Promise<Rows> {
  if (form !== 'csv') {
    const cutter = new RowCutter({ newline: lineFeed, separators: [] })
    return { batches: inBatches(pieces, cutter, readJsonLine), ignored: [] }
  }
  const iterator = pieces[Symbol.asyncIterator]()
  const { header, rest } = await findHeader(iterator, columns)
  const cutter = new RowCutter({ newline: header.newline, separators: [header.separator.charCodeAt(0)] }, header.line)
  const whole = async function* () {
    yield rest
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { batches: inBatches(whole(), cutter, (text) => readRecord(header, text)), ignored: header.ignored }
}

async function findHeader(
  iterator: AsyncIterator<Buffer>,
  columns: Columns,
): Promise<{ header: Header; rest: Buffer }> {
  let start: Buffer = Buffer.alloc(0)
  try {
    for (;;) {
      const { done = false, value } = await iterator.next()
      if (!done) start = Buffer.concat([start, value])
      const header = readHeader(start, columns, done)
      if (header) return { header, rest: start.subarray(header.end) }
    }
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

type ReadText = (text: string) => unknown

async function* inBatches(pieces: AsyncIterable<Buffer>, cutter: RowCutter, read: ReadText): AsyncGenerator<Row[]> {
  let batch: Row[] = []
  for await (const cuts of cutsOf(pieces, cutter)) {
    for (const cut of cuts) {
      const row = readCut(cut, read)
      if (row) batch.push(row)
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

async function* cutsOf(pieces: AsyncIterable<Buffer>, cutter: RowCutter): AsyncGenerator<Cut[]> {
  for await (const piece of pieces) yield cutter.cut(piece)
  yield cutter.end()
}

/** Undefined for a row that is empty. */
function readCut({ line, text, fault = 'cannot be read' }: Cut, read: ReadText): Row | undefined {
  if (text === undefined) return { line, fault }
  if (text.trim() === '') return undefined
  try {
    const value = read(text)
    return value === undefined ? undefined : { line, value }
  } catch (error) {
    if (error instanceof AppError) return { line, fault: error.message }
    throw error
  }
}

function readJsonLine(text: string): unknown {
  if (text.length > maxLineLength) throw new AppError('invalid_request_error', `is longer than ${maxLineLength} bytes`)
  return parseJsonText(text)
}
