/**
 * Appends the Luhn check digit, as IMEIs and ICCIDs end with. Source: ISO/IEC 7812-1 annex B.
 *
 * @param digits decimal digits.
 */
export function withLuhnDigit(digits: string): string {
  let sum = 0
  for (let place = digits.length - 1, doubles = true; place >= 0; place--, doubles = !doubles) {
    const digit = Number(digits[place]) * (doubles ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return digits + String((10 - (sum % 10)) % 10)
}

/** Whether decimal digits end with the Luhn check digit of those before it. */
export const endsInLuhnDigit = (digits: string): boolean => withLuhnDigit(digits.slice(0, -1)) === digits

/** No identifier is longer, however it is written. */
export const maxWrittenLength = 100

/**
 * An identifier as it is compared: without what it is written with. Dropped are spaces, hyphens and invisible characters of
 * every kind, and the guards against spreadsheets, `'8988…` and `="8988…"`.
 *
 * @param text as somebody wrote it.
 */
export function bareIdentifier(text: string): string {
  if (text.length > maxWrittenLength) return text
  const bare = text.replace(/[\s\p{Cf}\p{Pd}\u2212]/gu, '')
  return /^="(.*)"$/.exec(bare)?.[1] ?? bare.replace(/^'/, '')
}

/**
 * Reads an ICCID: 18 to 20 characters `[0-9A-F]` that begin with 89, in any letter case. The `F`s that fill the last byte are
 * dropped. 18 digits are the card whose 19th is the check digit. Whether a check digit is right is not looked at.
 *
 * @returns the one form in which the card is known, or undefined where the text is none. Source: ITU-T E.118, contract §7.
 */
export function readIccid(text: string): string | undefined {
  // Of a file of records nearly all are written so.
  if (/^89[0-9]{17,18}$/.test(text)) return text
  if (text.length > maxWrittenLength) return undefined
  const card = bareIdentifier(text).toUpperCase().replace(/F+$/, '')
  if (!/^89[0-9A-F]{16,18}$/.test(card)) return undefined
  return /^[0-9]{18}$/.test(card) ? withLuhnDigit(card) : card
}

/** Whether an ICCID in its one form has a check digit that is wrong; one with letters has none. */
export const hasWrongCheckDigit = (iccid: string): boolean => /^[0-9]+$/.test(iccid) && !endsInLuhnDigit(iccid)

/**
 * Reads an IMEI of 15 digits, as devices are known by. Its check digit is not looked at: devices report wrong ones.
 *
 * @returns its digits, or undefined where the text is none. Source: 3GPP TS 23.003 §6.2.
 */
export function readImei(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{15}$/.test(digits) ? digits : undefined
}

/**
 * Reads an IMEI to look devices up by: 15 digits, or the 14 without the check digit, or the 16 of an IMEISV, which ends
 * with a software version in its place.
 *
 * @returns the digits that the device's IMEI begins with, or undefined where the text is none. Source: 3GPP TS 23.003 §6.2.
 */
export function readImeiStart(text: string): string | undefined {
  const digits = bareIdentifier(text)
  if (/^[0-9]{15}$/.test(digits)) return digits
  return /^[0-9]{14}([0-9]{2})?$/.test(digits) ? digits.slice(0, 14) : undefined
}

/**
 * Reads an IMSI: country, network and subscriber in 6 to 15 digits.
 *
 * @returns its digits, or undefined where the text is none. Source: ITU-T E.212, which sets only the maximum.
 */
export function readImsi(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{6,15}$/.test(digits) ? digits : undefined
}

/**
 * Reads an MSISDN: an international number of at most 15 digits. The leading `+`, parentheses, dots and slashes are dropped.
 *
 * @returns its digits, or undefined where the text is none. Source: ITU-T E.164.
 */
export function readMsisdn(text: string): string | undefined {
  const digits = bareNumber(text)
  return /^[1-9][0-9]{4,14}$/.test(digits) ? digits : undefined
}

/** A telephone number, or the start of one, as it is compared. */
export const bareNumber = (text: string): string =>
  bareIdentifier(text)
    .replace(/[()./]/g, '')
    .replace(/^\+/, '')

/**
 * Reads an EID: 32 digits that leave 1 when divided by 97.
 *
 * @returns its digits, or undefined where the text is none. Source: GSMA SGP.29.
 */
export function readEid(text: string): string | undefined {
  const digits = bareIdentifier(text)
  return /^[0-9]{32}$/.test(digits) && BigInt(digits) % 97n === 1n ? digits : undefined
}

/** The JSON Schema formats of the identifiers: how one is read, and what to say of a text that is none. */
export const identifierFormats = {
  iccid: { read: readIccid, fault: 'must be an ICCID: 18 to 20 characters 0-9 and A-F that begin with 89' },
  imei: { read: readImei, fault: 'must be an IMEI: 15 digits' },
  imsi: { read: readImsi, fault: 'must be an IMSI: 6 to 15 digits' },
  msisdn: { read: readMsisdn, fault: 'must be an international number of at most 15 digits' },
  eid: { read: readEid, fault: 'must be an EID: 32 digits with valid check digits' },
} as const
export type IdentifierFormat = keyof typeof identifierFormats

/** A number as a spreadsheet shows one that is long: `8.98830E+18`. */
export const roundedForm = /^[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,3}$/
export const roundedNumber = 'is a rounded number: the spreadsheet has cut the digits; write the column as text'

/**
 * Says why a text is no such identifier, where it is none.
 *
 * @returns a sentence without its subject: `must be an ICCID: …`.
 */
export function identifierFault(format: IdentifierFormat, text: unknown): string {
  const { fault } = identifierFormats[format]
  return typeof text === 'string' && roundedForm.test(bareIdentifier(text)) ? roundedNumber : fault
}
