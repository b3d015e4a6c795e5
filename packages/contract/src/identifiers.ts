/**
 * Appends the Luhn check digit, which ends IMEIs and ICCIDs. Source: ISO/IEC 7812-1 annex B.
 *
 * @param digits decimal digits.
 */
export function withLuhnDigit(digits: string): string {
  let sum = 0
  for (let index = digits.length - 1, doubles = true; index >= 0; index--, doubles = !doubles) {
    const digit = Number(digits[index]) * (doubles ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return digits + String((10 - (sum % 10)) % 10)
}

/** Whether decimal digits end with the Luhn check digit of the digits before it. */
export const endsInLuhnDigit = (digits: string): boolean => withLuhnDigit(digits.slice(0, -1)) === digits

/** The longest written form of an identifier, in characters. */
export const maxWrittenLength = 100

/**
 * Strips an identifier to the form in which it is compared: without spaces, hyphens, invisible characters, and the guards
 * against spreadsheets, `'8988…` and `="8988…"`.
 *
 * @param text in any written form; returned as it is beyond {@link maxWrittenLength}.
 */
export function bareIdentifier(text: string): string {
  if (text.length > maxWrittenLength) return text
  const bare = text.replace(/[\s\p{Cf}\p{Pd}\u2212]/gu, '')
  return /^="(.*)"$/.exec(bare)?.[1] ?? bare.replace(/^'/, '')
}

/**
 * Parses an ICCID: 18 to 20 characters `[0-9A-F]` that begin with 89, in any letter case. Trailing `F`s, which fill the last
 * byte, are dropped. 18 digits mean the card whose 19th digit is the check digit. The check digit is not verified.
 *
 * @returns the canonical form; undefined when the text is not an ICCID. Source: ITU-T E.118, docs/contract.md §7.
 */
export function readIccid(text: string): string | undefined {
  // The form of nearly all ICCIDs in a file of records.
  if (/^89[0-9]{17,18}$/.test(text)) return text
  if (text.length > maxWrittenLength) return undefined
  const card = bareIdentifier(text).toUpperCase().replace(/F+$/, '')
  if (!/^89[0-9A-F]{16,18}$/.test(card)) return undefined
  return /^[0-9]{18}$/.test(card) ? withLuhnDigit(card) : card
}

/** Whether a canonical ICCID has a wrong check digit; an ICCID with letters has no check digit. */
export const hasWrongCheckDigit = (iccid: string): boolean => /^[0-9]+$/.test(iccid) && !endsInLuhnDigit(iccid)

/**
 * Parses an IMEI of 15 digits. The check digit is not verified, because devices report wrong ones.
 *
 * @returns its digits; undefined when the text is not an IMEI. Source: 3GPP TS 23.003 §6.2.
 */
export function readImei(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{15}$/.test(digits) ? digits : undefined
}

/**
 * Parses an IMEI to find devices by: 15 digits, 14 digits without the check digit, or the 16 digits of an IMEISV, which has
 * a software version instead of the check digit.
 *
 * @returns the digits with which the device's IMEI begins; undefined for any other text. Source: 3GPP TS 23.003 §6.2.
 */
export function readImeiStart(text: string): string | undefined {
  const digits = bareIdentifier(text)
  if (/^[0-9]{15}$/.test(digits)) return digits
  return /^[0-9]{14}([0-9]{2})?$/.test(digits) ? digits.slice(0, 14) : undefined
}

/**
 * Parses an IMSI: country, network and subscriber in 6 to 15 digits.
 *
 * @returns its digits; undefined when the text is not an IMSI. Source: ITU-T E.212, which sets only the maximum.
 */
export function readImsi(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{6,15}$/.test(digits) ? digits : undefined
}

/**
 * Parses an MSISDN: an international number of at most 15 digits. The leading `+`, parentheses, dots and slashes are dropped.
 *
 * @returns its digits; undefined when the text is not an MSISDN. Source: ITU-T E.164.
 */
export function readMsisdn(text: string): string | undefined {
  const digits = bareNumber(text)
  return /^[1-9][0-9]{4,14}$/.test(digits) ? digits : undefined
}

/** Strips a telephone number, or the start of one, to the form in which it is compared. */
export const bareNumber = (text: string): string =>
  bareIdentifier(text)
    .replace(/[()./]/g, '')
    .replace(/^\+/, '')

/**
 * Parses an EID: 32 digits that leave 1 when divided by 97.
 *
 * @returns its digits; undefined when the text is not an EID. Source: GSMA SGP.29.
 */
export function readEid(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{32}$/.test(digits) && BigInt(digits) % 97n === 1n ? digits : undefined
}

/** The JSON Schema formats of the identifiers: how a text is parsed, and the message for a text that does not match. */
export const identifierFormats = {
  iccid: { read: readIccid, fault: 'must be an ICCID: 18 to 20 characters 0-9 and A-F that begin with 89' },
  imei: { read: readImei, fault: 'must be an IMEI: 15 digits' },
  imsi: { read: readImsi, fault: 'must be an IMSI: 6 to 15 digits' },
  msisdn: { read: readMsisdn, fault: 'must be an international number of at most 15 digits' },
  eid: { read: readEid, fault: 'must be an EID: 32 digits with valid check digits' },
} as const
export type IdentifierFormat = keyof typeof identifierFormats

/** A long number as a spreadsheet shows it: `8.98830E+18`. */
export const roundedForm = /^[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,3}$/
export const roundedNumber = 'is a rounded number: the spreadsheet has cut the digits; write the column as text'

/**
 * The message for a text that is not an identifier of a format.
 *
 * @returns a sentence without its subject: `must be an ICCID: …`.
 */
export function identifierFault(format: IdentifierFormat, text: unknown): string {
  const { fault } = identifierFormats[format]
  return typeof text === 'string' && roundedForm.test(bareIdentifier(text)) ? roundedNumber : fault
}
