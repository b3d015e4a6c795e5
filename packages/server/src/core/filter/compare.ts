import type { FieldKind } from '@mason/contract/filter/fields'
import type { Value } from '@mason/contract/filter/value'
import sql, { type Sql } from 'sql-template-tag'

/** The comparison of an expression with a value, by equality or by this operator of order. */
type Compare = (expression: Sql, order: Sql | undefined) => Sql
const equal = sql`=`

/** How a value is compared with one of a field of this kind. */
export function compares(kind: FieldKind, value: Exclude<Value, { is: 'any' | 'none' | 'boolean' }>): Compare {
  switch (value.is) {
    case 'number':
      return (expression, order = equal) => sql`(${expression})::float8 ${order} ${value.number}::float8`
    case 'time':
      return (expression, order = equal) => timeCondition(sql`(${expression})`, order.sql, value.time)
    case 'part':
      return (expression) => sql`${folded(kind, expression)} LIKE ${folded(kind, sql`${patternOf(value)}::text`)}`
    case 'text':
      return (expression, order) => {
        const form = order === undefined ? equalForms[kind] : orderForms[kind]
        const [left, right] = [expression, sql`${value.text}::text`].map(form ?? ((text) => folded(kind, text)))
        return sql`${left} ${order ?? equal} ${right}`
      }
  }
}

/** Times are kept to the microsecond, and said and compared to the millisecond. */
function timeCondition(moment: Sql, operator: string, time: Date): Sql {
  const next = sql`${new Date(time.getTime() + 1)}::timestamptz`
  switch (operator) {
    case '<':
      return sql`${moment} < ${time}::timestamptz`
    case '<=':
      return sql`${moment} < ${next}`
    case '>':
      return sql`${moment} >= ${next}`
    case '>=':
      return sql`${moment} >= ${time}::timestamptz`
    default:
      return sql`(${moment} >= ${time}::timestamptz AND ${moment} < ${next})`
  }
}

const identifiers = new Set<FieldKind>(['id', 'imei', 'iccid', 'imsi', 'msisdn'])

/** A text without regard to case, as the indexes have it. */
export const foldedText = (text: Sql): Sql => sql`(search_text(${text}) COLLATE "C")`

/** A version in the order of its numbers, as the indexes have it. */
export const versionKey = (text: Sql): Sql => sql`(version_key(${text}) COLLATE "C")`

/** Identifiers are compared as they are kept. */
const folded = (kind: FieldKind, text: Sql) => (identifiers.has(kind) ? sql`(${text})` : foldedText(text))

type Forms = Partial<Readonly<Record<FieldKind, (text: Sql) => Sql>>>
const equalForms: Forms = { version: versionKey }
const inOrder = (text: Sql) => sql`(${text}) COLLATE "C"`
const orderForms: Forms = {
  text: foldedText,
  label: versionKey,
  version: versionKey,
  id: inOrder,
  imei: inOrder,
  iccid: inOrder,
  imsi: inOrder,
  msisdn: inOrder,
}

/** A pattern of LIKE for texts with this part. */
function patternOf({ text, isOpenStart, isOpenEnd }: Extract<Value, { is: 'part' }>): string {
  return `${isOpenStart ? '%' : ''}${text.replace(/[\\%_]/g, '\\$&')}${isOpenEnd ? '%' : ''}`
}
