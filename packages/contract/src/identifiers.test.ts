import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withLuhnDigit } from './identifiers.ts'

test.each([
  ['35693803564380', '356938035643809'],
  ['49015420323751', '490154203237518'],
  ['7992739871', '79927398713'],
])('%s', (digits, expected) => {
  expect(withLuhnDigit(digits)).toBe(expected)
})

test('of the ten last digits only one is right, and it depends on every digit', () => {
  const digits = fc.stringMatching(/^[0-9]{1,20}$/)
  fc.assert(
    fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, at, step) => {
      const place = at % text.length
      const other = String((Number(text[place]) + step) % 10)
      const changed = text.slice(0, place) + other + text.slice(place + 1)
      expect(withLuhnDigit(text).at(-1)).not.toBe(withLuhnDigit(changed).at(-1))
    }),
  )
})
