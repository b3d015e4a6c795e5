import type { Readable } from 'node:stream'
import { bare } from '@mason/contract/common'
import { route } from '@mason/contract/route'
import type { FastifyRequest } from 'fastify'
import sql from 'sql-template-tag'
import T from 'typebox'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { parseJson } from '../../core/http/body.ts'
import { hashSecret } from '../../core/key.ts'
import { inTurns } from '../../core/turns.ts'
import type { UsageLine } from '../usage/record.ts'
import { writeBatch } from '../usage/write.ts'
import { type Read, readPushed } from './pushed-records.ts'

/** Where carriers push usage to; who has the address needs to know nothing else. */
export const pushUsage = route({
  method: 'POST',
  url: '/carrier/v1/:connection/:secret',
  config: { scope: 'public', isStreamed: true },
  schema: {
    operationId: 'pushUsage',
    summary: 'Push usage records of a carrier',
    description:
      'The Data Streamer format of 1NCE and emnify: an array of records, at most 8 MiB. The address is the credential; a record is counted once however often it comes.',
    tags: ['Carriers'],
    params: T.Object({ connection: T.String(), secret: T.String() }),
    response: bare(T.Unknown()),
  },
})

/** A stream sends at most 3,000 records at once, of which each has about a kilobyte. */
const maxBytes = 8 * 2 ** 20
const readInTurn = 500
const maxRejected = 100

interface Pushed {
  accepted: number
  duplicates: number
  /** Events, and traffic that is no data. */
  ignored: number
  rejected: { line: number; reason: string }[]
}

/** Takes in what a carrier has pushed. What cannot be counted is told and taken: the carrier would send it for ever. */
export async function takePushed(
  db: Db,
  { connection, secret }: { connection: string; secret: string },
  request: FastifyRequest,
): Promise<string> {
  const { rows } = await db.query<{ account_id: string; name: string }>(sql`
    SELECT account_id, name FROM carrier WHERE push_digest = ${hashSecret(secret)}`)
  const [carrier] = rows
  if (carrier?.name !== connection) throw notFound('address')
  const values = recordsOf(parseJson(await readWhole(request.body as Readable)))
  const outcome: Pushed = { accepted: 0, duplicates: 0, ignored: 0, rejected: [] }
  const reject = (line: number, reason: string) => {
    if (outcome.rejected.length < maxRejected) outcome.rejected.push({ line, reason })
  }
  const read: { line: number; record: Read }[] = []
  let line = 0
  for await (const part of inTurns(values, readInTurn))
    for (const value of part) {
      const record = readPushed(value, carrier.name)
      line++
      if (record === 'ignored') outcome.ignored++
      else if ('fault' in record) reject(line, record.fault)
      else read.push({ line, record })
    }
  const { lines, unknown } = await linesOf(db, carrier.account_id, carrier.name, read)
  for (const one of unknown) reject(one, 'sim/iccid is not a SIM of this account')
  const written = await writeBatch(db, carrier.account_id, lines, { repeats: false, unknownSims: false })
  for (const { line: one, reason } of written.rejected) reject(one, reason)
  outcome.accepted = written.accepted
  outcome.duplicates = lines.length - written.accepted - written.rejected.length
  return JSON.stringify(outcome)
}

function recordsOf(body: unknown): unknown[] {
  return Array.isArray(body) ? body : [body]
}

async function readWhole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxBytes) throw new AppError('invalid_request_error', `The body is larger than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The records under the numbers that their SIMs are registered under, and the lines of those that are not. */
async function linesOf(
  db: Db,
  accountId: string,
  source: string,
  read: readonly { line: number; record: Read }[],
): Promise<{ lines: UsageLine[]; unknown: number[] }> {
  const forms = [...new Set(read.flatMap(({ record }) => record.iccids))]
  const { rows } = await db.query<{ iccid: string }>(sql`
    SELECT iccid FROM sim WHERE account_id = ${accountId} AND iccid = ANY (${forms})`)
  const there = new Set(rows.map(({ iccid }) => iccid))
  const [lines, unknown]: [UsageLine[], number[]] = [[], []]
  for (const { line, record } of read) {
    const { iccids, ...rest } = record
    const iccid = iccids.find((form) => there.has(form))
    if (iccid === undefined) unknown.push(line)
    else lines.push({ ...rest, line, iccid, source })
  }
  return { lines, unknown }
}
