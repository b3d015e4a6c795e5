import { bareIdentifier, bareNumber, readIccid } from '@mason/contract/identifiers'
import type { Searched } from '../../core/http/search.ts'

export const searchedSims: Searched = { table: 'sim', key: 'iccid', keyType: 'text' }

/** A text as it is in a name, and as it is in the numbers, which are kept without separators. */
export function spellings(text: string): string[] {
  const bare = bareIdentifier(text)
  // A whole ICCID may be filled up with `F`, which none ends with.
  const iccid = /f$/i.test(bare) ? (readIccid(text) ?? bare) : bare
  // What is nothing but separators is in no number.
  return [...new Set([text, iccid, bareNumber(text)])].filter((spelling) => spelling !== '')
}
