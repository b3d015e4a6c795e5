/** A carrier's MB is 10^6 bytes: their documents do not say, and their bills count so. */
const digitsOfMegabyte = 6

/**
 * The bytes of decimal megabytes, exact: `0.002803` is 2,803 and not 2,802.9999. What is below a byte is rounded.
 *
 * @returns undefined for what is no amount.
 */
export function bytesOfMegabytes(amount: string | number): number | undefined {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^(\d{1,15})(?:\.(\d{0,30}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(amount).trim()) ?? []
  if (whole === '') return undefined
  const places = digitsOfMegabyte + Number(exponent)
  const digits = whole + fraction
  // Where the point stands in the digits, once the amount is in bytes.
  const point = whole.length + places
  const bytes = Number(digits.slice(0, Math.max(0, point)).padEnd(Math.max(0, point), '0') || '0')
  const isRoundedUp = point >= 0 && Number(digits[point] ?? '0') >= 5
  const rounded = bytes + (isRoundedUp ? 1 : 0)
  return Number.isSafeInteger(rounded) ? rounded : undefined
}

/** Bytes as decimal megabytes, exact and without zeros that say nothing. */
export function megabytesOf(bytes: number): string {
  const digits = String(bytes).padStart(digitsOfMegabyte + 1, '0')
  const fraction = digits.slice(-digitsOfMegabyte).replace(/0+$/, '')
  return digits.slice(0, -digitsOfMegabyte) + (fraction && `.${fraction}`)
}
