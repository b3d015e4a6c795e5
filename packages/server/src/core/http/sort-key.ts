import { invalid } from '../errors.ts'
import type { Listing } from './page-statement.ts'
import { isUuid } from './validation.ts'

/** An item's place in a sorted list: what it is sorted by, as text, and its key. */
export interface Place {
  value: string | null
  key: string
}

/** A place in a sorted list, or one of its ends. */
export type Position = Place | 'first' | 'last'

/** Neither begins the text of a place. */
const ends = { first: '-', last: '~' } as const

/** A place as a page key, which needs no encoding in a URL. It holds the value, and so stays where it is when the item changes. */
export function toPageKey(position: Position): string {
  if (typeof position === 'string') return ends[position]
  return Buffer.from(JSON.stringify([position.value, position.key])).toString('base64url')
}

/** What the values of a sort are; times are in microseconds since 1970. */
export type SortType = 'text' | 'time' | 'number'

const forms: Readonly<Record<SortType, RegExp>> = {
  text: /^.*$/s,
  time: /^-?\d{1,17}$/,
  number: /^-?\d{1,30}(\.\d{1,30})?$/,
}

/** @throws AppError when the text is no page key of this list. */
export function readPageKey(
  text: string,
  name: 'before' | 'after',
  type: SortType,
  keyType: Listing['keyType'],
): Position {
  if (text === ends.first) return 'first'
  if (text === ends.last) return 'last'
  const [value, key] = parts(text)
  const isKey = typeof key === 'string' && (keyType === 'uuid' ? isUuid(key) : isText(key))
  const isValue = value === null || (typeof value === 'string' && forms[type].test(value) && isText(value))
  if (!isKey || !isValue) throw invalid(`/${name}`, 'is not a page key of this list')
  return { value, key }
}

const isText = (text: string) => text.isWellFormed() && !text.includes('\0')

function parts(text: string): unknown[] {
  try {
    const read: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(read) ? read : []
  } catch {
    return []
  }
}
