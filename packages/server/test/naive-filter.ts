import type { Operator } from '@mason/contract/filter/syntax'
import fc from 'fast-check'

/** How a field is compared here, written down apart from the platform. */
export type NaiveKind = 'text' | 'label' | 'version' | 'number' | 'time' | 'boolean'

/** A field of items: what each has of it, and values to compare with beside those. */
export interface NaiveField<Item> {
  kind: NaiveKind
  of: (item: Item) => readonly (string | number | boolean | undefined)[]
  others?: readonly string[]
}
export type NaiveFields<Item> = Readonly<Record<string, NaiveField<Item>>>

interface Leaf {
  field: string
  operator: Operator
  values: string[]
}
export type NaiveFilter = Leaf | { join: 'and' | 'or'; parts: NaiveFilter[] }

/** The filter as somebody would type it. */
export function written(filter: NaiveFilter): string {
  if ('join' in filter) {
    const parts = filter.parts.map((part) => ('join' in part ? `(${written(part)})` : written(part)))
    return parts.join(filter.join === 'and' ? ' and ' : ',')
  }
  const values = filter.values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`)
  const isList = filter.operator === '=in=' || filter.operator === '=out='
  return `${filter.field}${filter.operator}${isList ? `(${values.join(',')})` : values[0]}`
}

/** Whether an item passes, looked at one comparison after the other. */
export function passes<Item>(fields: NaiveFields<Item>, filter: NaiveFilter, item: Item): boolean {
  if ('join' in filter)
    return filter.join === 'and'
      ? filter.parts.every((part) => passes(fields, part, item))
      : filter.parts.some((part) => passes(fields, part, item))
  const { kind, of } = fields[filter.field] ?? { kind: 'text', of: () => [] }
  const { operator, values } = filter
  const had = of(item).filter((value) => value !== undefined)
  if (/^[<>]/.test(operator)) return had.some((value) => isInOrder(kind, operator, String(value), values[0] ?? ''))
  const isEqual = had.some((value) => values.some((wanted) => equals(kind, String(value), wanted)))
  return operator === '==' || operator === '=in=' ? isEqual : !isEqual
}

function isInOrder(kind: NaiveKind, operator: string, value: string, wanted: string): boolean {
  const order = compare(kind, value, wanted)
  if (operator.endsWith('=') && order === 0) return true
  return operator.startsWith('<') ? order < 0 : order > 0
}

const fold = (text: string) => text.normalize('NFD').toLowerCase()
const compareTexts = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right))

/** The order of two values; that of texts is the one of their bytes, without regard to case. */
export function compare(kind: NaiveKind, left: string, right: string): number {
  if (kind === 'number') return Number(left) - Number(right)
  if (kind === 'time') return Date.parse(left) - Date.parse(right)
  return kind === 'text' ? compareTexts(fold(left), fold(right)) : compareVersions(left, right)
}

function equals(kind: NaiveKind, value: string, wanted: string): boolean {
  if (wanted === '*') return true
  if (kind === 'number' || kind === 'time') return compare(kind, value, wanted) === 0
  const [text, part] = [fold(value), fold(wanted.replace(/^\*/, '').replace(/\*$/, ''))]
  if (wanted.startsWith('*') && wanted.endsWith('*')) return text.includes(part)
  if (wanted.startsWith('*')) return text.endsWith(part)
  if (wanted.endsWith('*')) return text.startsWith(part)
  return kind === 'version' ? compareVersions(value, wanted) === 0 : text === part
}

/** What stands at a place of a version, by rank: a mark of a pre-release, the end, a mark of a build, letters, a number. */
type Place = readonly [rank: number, value: string]

function placesOf(version: string): Place[] {
  const places: Place[] = []
  const parts = fold(version)
    .replace(/^\s*v(?=\d)/, '')
    .matchAll(/(\d+)|(-(?=[^-\d.+_\s()]))|(\+)|([^-\d.+_\s()]+)/g)
  for (const [, number, hyphen, plus, letters = ''] of parts) {
    if (number !== undefined) places.push([5, number])
    else if (hyphen !== undefined) places.push([1, ''])
    else if (plus !== undefined) places.push([3, ''])
    else places.push([4, letters])
  }
  return [...places, [2, '']]
}

function compareVersions(left: string, right: string): number {
  const others = placesOf(right)
  for (const [index, [rank, value]] of placesOf(left).entries()) {
    const [otherRank, other] = others[index] ?? [2, '']
    if (rank !== otherRank) return rank - otherRank
    const order = rank === 5 ? Number(BigInt(value) - BigInt(other)) : compareTexts(value, other)
    if (order !== 0) return order
  }
  return 0
}

const equalities: Operator[] = ['==', '!=', '=in=', '=out=']
const orders: Operator[] = ['<', '<=', '>', '>=']

/** Filters that ask for what the items have, for parts of it, and for what none has. */
export function filtersOf<Item>(fields: NaiveFields<Item>, items: readonly Item[]): fc.Arbitrary<NaiveFilter> {
  const leaf = fc.constantFrom(...Object.entries(fields)).chain(([field, { kind, of, others = [] }]) => {
    const values = [...new Set([...items.flatMap((item) => of(item)), ...others].filter((one) => one !== undefined))]
    const value = fc.constantFrom(...values.map(String))
    const equal = kind === 'text' || kind === 'label' || kind === 'version' ? fc.oneof(value, partsOf(value)) : value
    const operator = fc.constantFrom(...(kind === 'boolean' ? equalities : [...equalities, ...orders]))
    return operator.chain((chosen): fc.Arbitrary<NaiveFilter> => {
      const isList = chosen === '=in=' || chosen === '=out='
      const wanted = /^[<>]/.test(chosen) ? value : fc.oneof({ weight: 9, arbitrary: equal }, fc.constant('*'))
      return fc
        .array(kind === 'boolean' ? value : wanted, { minLength: 1, maxLength: isList ? 4 : 1 })
        .map((list) => ({ field, operator: chosen, values: list }))
    })
  })
  const joined = (part: fc.Arbitrary<NaiveFilter>): fc.Arbitrary<NaiveFilter> =>
    fc.record({
      join: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(part, { minLength: 2, maxLength: 3 }),
    })
  return fc.oneof({ weight: 2, arbitrary: leaf }, joined(leaf), joined(fc.oneof(leaf, joined(leaf))))
}

/** Parts of texts, in another letter case. A star of the text itself at an end would stand for anything. */
const partsOf = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(values, fc.nat(3), fc.nat(3), fc.constantFrom('*x', 'x*', '*x*', 'x'), fc.boolean())
    .map(([text, from, length, form, isUpper]) => {
      const part = form === 'x' ? text : text.slice(from, from + 1 + length).replaceAll('*', '')
      return form.replace('x', () => (isUpper ? part.toUpperCase() : part.toLowerCase()))
    })
