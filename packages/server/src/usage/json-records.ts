import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import T from 'typebox'
import { AppError } from '../errors.ts'
import { parseJson } from '../http/body.ts'
import type { Row } from '../http/stream-body.ts'
import { bodyReader } from '../http/validation.ts'

const maxBytes = 16 * 2 ** 20

const readBody = bodyReader(T.Object({ records: T.Array(T.Unknown()) }, { additionalProperties: false }))

/** The records of a JSON body, which has to be held whole; a place in `records` is what a line is elsewhere. */
export async function readJsonRecords({ body }: FastifyRequest): Promise<Row[]> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of (body as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > maxBytes)
        throw new AppError(
          'invalid_request_error',
          `The body is larger than ${maxBytes} bytes; NDJSON may have any length`,
        )
      pieces.push(piece)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('invalid_request_error', 'The connection was cut before the body had ended')
  }
  const { records } = readBody(length === 0 ? undefined : parseJson(Buffer.concat(pieces)))
  return records.map((value, place) => ({ line: place + 1, value }))
}
