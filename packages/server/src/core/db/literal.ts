import pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { textArray } from './array-literal.ts'

/** The text of a query with its values in it: statements such as COPY take no parameters. */
export const withLiterals = ({ strings, values }: Sql): string =>
  strings.map((text, index) => (index === 0 ? text : literal(values[index - 1]) + text)).join('')

/** Without a type, as a parameter is. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return pg.escapeLiteral(textArray(value.map(String)))
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString())
  if (['string', 'number', 'boolean'].includes(typeof value)) return pg.escapeLiteral(String(value))
  throw new Error(`a value of the type ${typeof value} has no literal`)
}
