import { type Comparison, type Filter, isJoin } from '@mason/contract/filter/filter'
import type { Value } from '@mason/contract/filter/value'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { compares } from './compare.ts'

/** A field of a row in SQL. */
export interface Column {
  /** Its value, null where there is none. */
  value: Sql
  /** Where a row has several: a query of them in place of the value; one that matches is enough. */
  isQuery?: true
  /** Equality by an index that the usual comparison would not use. */
  equals?: (text: string) => Sql
  /** The condition that a boolean is false, where it is no negation. */
  isFalse?: Sql
}

/** The column of a comparison's field. */
export type Columns = (comparison: Comparison) => Column

/** A filter as a condition on the rows of its table. */
export function conditionOf(filter: Filter, columns: Columns): Sql {
  if (!isJoin(filter)) return comparisonOf(filter, columns(filter))
  const parts = filter.parts.map((part) => conditionOf(part, columns))
  return sql`(${join(parts, filter.join === 'and' ? ' AND ' : ' OR ')})`
}

function comparisonOf(comparison: Comparison, column: Column): Sql {
  const { operator, values } = comparison
  const any = values.map((value) => valueCondition(comparison, column, value))
  const isAny = any.length === 1 ? join(any) : sql`(${join(any, ' OR ')})`
  // What has no value is not equal to any.
  return operator === '!=' || operator === '=out=' ? sql`(${isAny}) IS NOT TRUE` : isAny
}

function valueCondition({ kind, operator }: Comparison, column: Column, value: Value): Sql {
  if (value.is === 'none') return sql`false`
  const isOfOrder = operator.startsWith('<') || operator.startsWith('>')
  if (value.is === 'text' && column.equals && !isOfOrder) return column.equals(value.text)
  if (value.is === 'boolean') return value.boolean ? column.value : (column.isFalse ?? sql`(NOT ${column.value})`)
  const one = (expression: Sql): Sql => {
    if (value.is === 'any') return sql`(${expression}) IS NOT NULL`
    return compares(kind, value)(expression, isOfOrder ? raw(operator) : undefined)
  }
  if (!column.isQuery) return one(column.value)
  return sql`EXISTS (SELECT FROM (${column.value}) AS of_row (value) WHERE ${one(sql`of_row.value`)})`
}
