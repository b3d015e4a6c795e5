import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { type Listing, wordsOf } from './page-statement.ts'

/** Which keys are looked for: those on one side of the page key, or all. */
export interface Side {
  isUp: boolean
  key: string | undefined
  isWithKey: boolean
  most: number
}

/** The words of a statement for the keys of a side: the order, what lies beyond a key, and the range. */
export function sideWords({ isUp, key, isWithKey }: Side, column: Sql, keyType: Listing['keyType']) {
  const { ahead, beyond } = wordsOf(isUp ? 'after' : 'before')
  const from = raw(`${beyond}${isWithKey ? '=' : ''}`)
  const range = key === undefined ? empty : sql`AND ${column} ${from} ${key}::${raw(keyType)}`
  return { order: raw(ahead), beyond: raw(beyond), range }
}
