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

const endsInLuhnDigit = (digits: string) => withLuhnDigit(digits.slice(0, -1)) === digits

/**
 * The digits of an ICCID as it is printed or read from a card: spaces and the `F` that fills the last byte are dropped.
 */
export const bareIccid = (text: string) => text.replaceAll(' ', '').replace(/[Ff]{1,2}$/, '')

/**
 * Reads an ICCID: 18 digits that begin with 89 and have no check digit, or 19 or 20 of which the last is the Luhn digit.
 *
 * @returns its digits, or undefined where the text is none. Source: ITU-T E.118, contract §7.
 */
export function readIccid(text: string): string | undefined {
  const digits = bareIccid(text)
  if (/^89[0-9]{16}$/.test(digits)) return digits
  return /^[0-9]{19,20}$/.test(digits) && endsInLuhnDigit(digits) ? digits : undefined
}

/**
 * Reads an IMEI: 15 digits of which the last is the Luhn digit; spaces and hyphens are dropped.
 *
 * @returns its digits, or undefined where the text is none. Source: 3GPP TS 23.003 §6.2.
 */
export function readImei(text: string): string | undefined {
  const digits = text.replace(/[ -]/g, '')
  return /^[0-9]{15}$/.test(digits) && endsInLuhnDigit(digits) ? digits : undefined
}

/**
 * Reads an IMSI: country, network and subscriber in 6 to 15 digits; spaces are dropped.
 *
 * @returns its digits, or undefined where the text is none. Source: ITU-T E.212, which sets only the maximum.
 */
export function readImsi(text: string): string | undefined {
  const digits = text.replaceAll(' ', '')
  return /^[0-9]{6,15}$/.test(digits) ? digits : undefined
}

/**
 * Reads an MSISDN: an international number of at most 15 digits; spaces and the leading `+` are dropped.
 *
 * @returns its digits, or undefined where the text is none. Source: ITU-T E.164.
 */
export function readMsisdn(text: string): string | undefined {
  const digits = text.replaceAll(' ', '').replace(/^\+/, '')
  return /^[1-9][0-9]{4,14}$/.test(digits) ? digits : undefined
}

/**
 * Reads an EID: 32 digits that leave 1 when divided by 97; spaces are dropped.
 *
 * @returns its digits, or undefined where the text is none. Source: GSMA SGP.29.
 */
export function readEid(text: string): string | undefined {
  const digits = text.replaceAll(' ', '')
  return /^[0-9]{32}$/.test(digits) && BigInt(digits) % 97n === 1n ? digits : undefined
}

/** The JSON Schema formats of the identifiers: how one is read, and what to say of a text that is none. */
export const identifierFormats = {
  iccid: {
    read: readIccid,
    fault: 'must be an ICCID: 18 digits that begin with 89, or 19 or 20 with a Luhn check digit',
  },
  imei: { read: readImei, fault: 'must be an IMEI: 15 digits with a Luhn check digit' },
  imsi: { read: readImsi, fault: 'must be an IMSI: 6 to 15 digits' },
  msisdn: { read: readMsisdn, fault: 'must be an international number of at most 15 digits' },
  eid: { read: readEid, fault: 'must be an EID: 32 digits with valid check digits' },
} as const
