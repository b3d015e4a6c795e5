import type { NewExport } from '@mason/contract/export'
import { stringify } from 'csv-stringify/sync'
import sql, { join, raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { guarded } from '../http/rows/spreadsheet.ts'
import type { Source } from './kinds.ts'

/** Items in memory at a time: documents can be large. */
const batchSize = 500

/**
 * Reads the items as they are at one moment, and yields the file piece by piece, at flat memory.
 *
 * @param tx a transaction that nothing was read in yet
 * @param show is told after each piece how many items there were, and how many there will be
 */
export async function* writeItems(
  tx: Db,
  { items, order, document, columns }: Source,
  format: NewExport['format'],
  show: (rows: number, total: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  await tx.query(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`)
  await tx.query(sql`SET LOCAL statement_timeout = '10min'`)
  const { rows: counted } = await tx.query<{ total: number }>(sql`SELECT count(*) AS total ${items}`)
  const total = counted[0]?.total ?? 0
  const cells = format === 'csv' ? await columns(tx) : { line: sql`(${document})::text` }
  // Named by their places: PostgreSQL would cut long names off.
  const item = join(Object.values(cells).map((cell, place) => sql`${cell} AS ${raw(`c${place}`)}`))
  const write = format === 'csv' ? toCsv : toLines
  if (format === 'csv') yield Buffer.from(toCsv([Object.keys(cells)]))
  await tx.query(sql`DECLARE items NO SCROLL CURSOR FOR SELECT ${item} ${items} ORDER BY ${order}`)
  for (let written = 0; ; ) {
    const { rows } = await tx.query<Record<string, unknown>>(sql`FETCH ${raw(String(batchSize))} FROM items`)
    yield Buffer.from(write(rows.map(Object.values)))
    written += rows.length
    await show(written, total)
    if (rows.length < batchSize) return
  }
}

const toLines = (rows: unknown[][]) => rows.map(([line]) => `${line}\n`).join('')

/** RFC 4180; what a spreadsheet would execute gets an apostrophe in front. */
const toCsv = (rows: unknown[][]) =>
  stringify(rows, { record_delimiter: 'windows', cast: { boolean: String, string: guarded } })
