import type { NewExport } from '@mason/contract/export'
import { stringify } from 'csv-stringify/sync'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import type { Transaction } from '../../core/db/database.ts'
import { guarded, isExecuted } from '../../core/http/rows/spreadsheet.ts'
import { CsvRows } from './csv-rows.ts'
import { DocumentLines } from './document-lines.ts'
import type { Source } from './kind.ts'

/**
 * Reads the items as they are at one moment, and yields the file piece by piece, at flat memory. PostgreSQL writes the rows, so
 * that no request of this process waits for them.
 *
 * @param tx a transaction that nothing was read in yet
 * @param show is told after each piece how many items there were, and how many there will be
 */
export async function* writeItems(
  tx: Transaction,
  { items, counted = items, order, document, columns }: Source,
  format: NewExport['format'],
  show: (rows: number, total: number) => Promise<void>,
): AsyncGenerator<Buffer> {
  await tx.query(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`)
  await tx.query(sql`SET LOCAL statement_timeout = '2h'`)
  const { rows } = await tx.query<{ total: number }>(sql`SELECT count(*) AS total ${counted}`)
  const total = rows[0]?.total ?? 0
  const ordered = sql`${items} ORDER BY ${order}`
  if (format === 'ndjson') {
    const lines = new DocumentLines()
    for await (const piece of tx.copyOut(sql`SELECT (${document})::text ${ordered}`, { isBinary: true })) {
      yield lines.read(piece)
      await show(lines.count, total)
    }
    return
  }
  const cells = await columns(tx)
  yield Buffer.from(stringify([Object.keys(cells)], { record_delimiter: 'windows', cast: { string: guarded } }))
  const csv = new CsvRows()
  for await (const piece of tx.copyOut(guardedCells(Object.values(cells), ordered))) {
    yield csv.read(piece)
    await show(csv.count, total)
  }
}

/** Cells as text; what a spreadsheet would execute gets an apostrophe in front. */
function guardedCells(cells: Sql[], items: Sql): Sql {
  // Named by their places: PostgreSQL would cut long names off.
  const named = cells.map((cell, index) => ({ cell, name: raw(`c${index}`) }))
  const texts = named.map(({ cell, name }) => sql`(${cell})::text AS ${name}`)
  const guards = named.map(
    ({ name }) => sql`CASE WHEN ${isExecuted(name)} THEN '''' || ${name} ELSE nullif(${name}, '') END`,
  )
  // OFFSET 0 has each cell computed once.
  return sql`SELECT ${join(guards)} FROM (SELECT ${join(texts)} ${items} OFFSET 0) AS item`
}
