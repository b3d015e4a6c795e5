import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { guarded } from '../../core/http/rows/spreadsheet.ts'
import { find } from './service.ts'

interface Failure {
  id: number
  line: number | null
  subject: string | null
  cells: Record<string, string> | null
  reason: string
}

const atOnce = 1_000

/** What a job refused as CSV, read as it is sent. */
export async function rejected(db: Db, actor: Actor, id: string): Promise<Readable> {
  const { kind } = await find(db, actor, id)
  const noun = kind === 'sim.bulk' ? 'iccid' : 'device'
  if (kind !== 'device.import')
    return csv([noun, 'reason'], failures(db, actor, id), ({ subject, reason }) => [subject, reason])
  const names = await columnsOf(db, actor, id)
  return csv(['line', 'reason', ...names], failures(db, actor, id), ({ line, reason, cells }) => [
    line === null ? '' : String(line),
    reason,
    ...names.map((name) => cells?.[name] ?? ''),
  ])
}

function csv(
  header: string[],
  batches: AsyncIterable<Failure[]>,
  cellsOf: (failure: Failure) => (string | null)[],
): Readable {
  const write = (rows: (string | null)[][]) =>
    stringify(rows, { record_delimiter: 'windows', cast: { string: guarded } })
  return Readable.from(
    (async function* () {
      yield write([header])
      for await (const batch of batches) yield write(batch.map(cellsOf))
    })(),
  )
}

async function* failures(db: Db, { accountId }: Actor, id: string): AsyncGenerator<Failure[]> {
  for (let after = 0; ; ) {
    const { rows } = await db.query<Failure>(sql`
      SELECT id, line, subject, input AS cells, reason FROM job_failure
      WHERE account_id = ${accountId} AND job_id = ${id} AND id > ${after} ORDER BY id LIMIT ${atOnce}`)
    yield rows
    const last = rows.at(-1)
    if (!last || rows.length < atOnce) return
    after = last.id
  }
}

/** The columns that the refused lines fill, those of labels last. */
async function columnsOf(db: Db, { accountId }: Actor, id: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(sql`
    SELECT DISTINCT key AS name FROM job_failure, jsonb_object_keys(input) AS key
    WHERE account_id = ${accountId} AND job_id = ${id} AND input IS NOT NULL`)
  const order = ['id', 'serialnumber', 'imei', 'name', 'group', 'notes']
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  return rows.map(({ name }) => name).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}
