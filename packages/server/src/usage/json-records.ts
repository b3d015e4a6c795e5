import T from 'typebox'
import { AppError } from '../errors.ts'
import { parseJson } from '../http/body.ts'
import type { Rows } from '../http/rows/read.ts'
import { bodyReader } from '../http/validation.ts'

const maxBytes = 16 * 2 ** 20

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
  const { records } = readBody(length === 0 ? undefined : parseJson(Buffer.concat(pieces)))
  return { batches: inOne(records), ignored: [] }
}

async function* inOne(records: unknown[]) {
  yield records.map((value, place) => ({ line: place + 1, value }))
}
