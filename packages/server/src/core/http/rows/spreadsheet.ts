import sql, { type Sql } from 'sql-template-tag'

/** A number as text, without what keeps a spreadsheet from reading it as a number: `'42` and `="42"`. */
export function unguarded(cell: string): string {
  const first = cell.charCodeAt(0)
  // Nearly all begin with a letter or digit.
  if (first > 61 || (first >= 48 && first <= 57)) return cell
  const bare = cell.trim()
  return /^="(.*)"$/s.exec(bare)?.[1]?.replaceAll('""', '"') ?? bare.replace(/^'/, '')
}

const executed = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** The same in SQL. Most cells are told by their first character: an expression for each would double the time of an export. */
export const isExecuted = (cell: Sql): Sql => sql`
  (ascii(${cell}) IN (9, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312)
   AND ${cell} ~ '^''*[=+\\-@\\t\\r\\uff1d\\uff0b\\uff0d\\uff20]')`

/** Text with an apostrophe in front where a spreadsheet would execute it. */
export const guarded = (text: string): string => (executed.test(text) ? `'${text}` : text)

/** The text that was guarded so. */
export const withoutGuard = (cell: string): string =>
  cell.startsWith("'") && executed.test(cell) ? cell.slice(1) : cell
