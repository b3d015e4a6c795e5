import { bareIdentifier, readImeiStart } from '@mason/contract/identifiers'
import type { Searched } from '../../core/http/search.ts'

export const searchedDevices: Searched = { table: 'device', key: 'id', keyType: 'uuid' }

/** A text as it is in a name, as in a number that is kept without separators, and as in an IMEI without its last digits. */
export function spellings(text: string): string[] {
  const digits = bareIdentifier(text)
  const start = readImeiStart(text)
  // U+0001 stands where something begins.
  const spelled = [
    text,
    ...(/^[0-9]+$/.test(digits) ? [digits] : []),
    ...(start === undefined ? [] : [`\u0001${start}`]),
  ]
  return [...new Set(spelled)]
}
