import type { NewExport } from '@mason/contract/export'
import { stringify } from 'csv-stringify/sync'
import sql, { raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
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
  { items, order, document, row }: Source,
  format: NewExport['format'],
  show: (rows: number, total: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  await tx.query(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`)
  await tx.query(sql`SET LOCAL statement_timeout = '10min'`)
  const { rows: counted } = await tx.query<{ total: number }>(sql`SELECT count(*) AS total ${items}`)
  const total = counted[0]?.total ?? 0
  const item = format === 'csv' ? row : sql`${document}::text AS line`
  await tx.query(sql`DECLARE items NO SCROLL CURSOR FOR SELECT ${item} ${items} ORDER BY ${order}`)
  for (let written = 0; ; ) {
    const { rows, fields } = await tx.query<Record<string, unknown>>(sql`FETCH ${raw(String(batchSize))} FROM items`)
    const header = written === 0 && format === 'csv' ? toCsv([fields.map(({ name }) => name)]) : ''
    yield Buffer.from(header + (format === 'csv' ? toCsv(rows.map(Object.values)) : rows.map(toLine).join('')))
    written += rows.length
    await show(written, total)
    if (rows.length < batchSize) return
  }
}

const toLine = ({ line }: Record<string, unknown>) => `${line}\n`

/** RFC 4180; what a spreadsheet would execute gets an apostrophe in front. */
const toCsv = (rows: unknown[][]) =>
  stringify(rows, { record_delimiter: 'windows', escape_formulas: true, cast: { boolean: String } })
