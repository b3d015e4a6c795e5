/**
 * Appends the Luhn check digit, as IMEIs and ICCIDs end with. Source: ISO/IEC 7812-1 annex B.
 *
 * @param digits decimal digits.
 */
export function withLuhnDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return digits + String((10 - (sum % 10)) % 10)
}
