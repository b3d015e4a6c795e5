import { setImmediate as nextTurn } from 'node:timers/promises'
import T from 'typebox'
import { AppError } from '../../core/errors.ts'
import { parseJson } from '../../core/http/body.ts'
import type { Rows } from '../../core/http/rows/read.ts'
import { bodyReader } from '../../core/http/validation.ts'
import { inTurns } from '../../core/turns.ts'
import { recordsApart } from './json-apart.ts'

const maxBytes = 16 * 2 ** 20
/** What is read in one turn of the event loop: larger bodies, of which 15 MB took 170 ms, are read record by record. */
const bytesInTurn = 256 * 1024
const recordsInTurn = 1_000

const readBody = bodyReader(T.Object({ records: T.Array(T.Unknown()) }, { additionalProperties: false }))

/** The records of a JSON body, which has to be held whole; a place in `records` is what a line is elsewhere. */
export async function readJsonRecords(body: AsyncIterable<Buffer>): Promise<Rows> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > maxBytes)
      throw new AppError(
        'invalid_request_error',
        `The body is larger than ${maxBytes} bytes; NDJSON may have any length`,
      )
    pieces.push(piece)
  }
  const whole = Buffer.concat(pieces)
  const apart = length > bytesInTurn ? await recordsApart(whole, recordsInTurn) : undefined
  if (apart) return { batches: numbered(apart), ignored: [] }
  await nextTurn()
  const { records } = readBody(length === 0 ? undefined : parseJson(whole))
  return { batches: numbered(records), ignored: [] }
}

async function* numbered(records: unknown[]) {
  let line = 0
  for await (const part of inTurns(records, recordsInTurn)) yield part.map((value) => ({ line: ++line, value }))
}
