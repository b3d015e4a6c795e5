import { type FieldName, type Fields, fieldNames, fieldOf } from './fields.ts'
import { FilterFault, type Join, type Operator, parseFilter, type Tree, type WrittenComparison } from './syntax.ts'
import { readBound, readEqual, type Value } from './value.ts'

/** A comparison of a field with values. */
export interface Comparison extends FieldName {
  readonly operator: Operator
  readonly values: readonly Value[]
}

export type Filter = Tree<Comparison>

export const isJoin = <C>(tree: Tree<C>): tree is Join<C> => typeof tree === 'object' && tree !== null && 'join' in tree

const isOfEquality = (operator: Operator) => !operator.startsWith('<') && !operator.startsWith('>')

/**
 * Reads a filter (docs/contract.md §13).
 *
 * @param fields what may be compared.
 * @param now milliseconds since 1970, from which relative times are counted.
 * @throws FilterFault that says where it is wrong, and what was expected there.
 */
export function readFilter(text: string, fields: Fields, now = Date.now()): Filter {
  const read = (tree: Tree<WrittenComparison>): Filter =>
    isJoin(tree) ? { join: tree.join, parts: tree.parts.map(read) } : readComparison(tree, fields, now)
  // The `+` of a zone that was not encoded has arrived as a space.
  return read(parseFilter(text.replace(/(T\d\d:\d\d:\d\d(?:\.\d+)?) (?=\d\d:\d\d)/gi, '$1+')))
}

function readComparison(written: WrittenComparison, fields: Fields, now: number): Comparison {
  const { operator } = written
  const field = fieldOf(fields, written.field.text)
  if (!field) throw new FilterFault(written.field.position, `one of ${fieldNames(fields).join(', ')}`)
  const isEquality = isOfEquality(operator)
  if (!isEquality && field.kind === 'boolean')
    throw new FilterFault(written.operatorPosition, 'one of == != =in= =out=')
  const values = written.values.map(({ text, position }) => {
    const value = (isEquality ? readEqual : readBound)(field.kind, text, now)
    if (typeof value === 'string') throw new FilterFault(position, value)
    return value
  })
  return { ...field, operator, values }
}

/** The conditions that must all hold, of which a filter is made. */
export const conditionsOf = (filter: Filter): readonly Filter[] =>
  isJoin(filter) && filter.join === 'and' ? filter.parts.flatMap(conditionsOf) : [filter]
