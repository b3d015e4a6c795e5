import { endsInLuhnDigit, readIccid, withLuhnDigit } from '@mason/contract/identifiers'

/**
 * The forms under which a card may be registered here, the best first: the number with its check digit, which is printed on
 * it, and the one without, which some carriers use.
 */
export function cardForms(written: string, withCheckDigit?: string): string[] {
  const bare = readIccid(written)
  const whole = withCheckDigit === undefined ? undefined : readIccid(withCheckDigit)
  const made = bare !== undefined && /^\d{19}$/.test(bare) && !endsInLuhnDigit(bare) ? withLuhnDigit(bare) : undefined
  return [...new Set([whole, made, bare].filter((form) => form !== undefined))]
}
