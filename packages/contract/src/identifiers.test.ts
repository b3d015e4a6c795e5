import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEid, readIccid, readImei, readImeiStart, readImsi, readMsisdn, withLuhnDigit } from './identifiers.ts'

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
      const index = at % text.length
      const other = String((Number(text[index]) + step) % 10)
      const changed = text.slice(0, index) + other + text.slice(index + 1)
      expect(withLuhnDigit(text).at(-1)).not.toBe(withLuhnDigit(changed).at(-1))
    }),
  )
})

const gaps = fc.constantFrom('', '', '', ' ', '-', '\u00a0', '\u202f', '\u2011', '\u2013', '\u200b', '\t', '\u202c')
const guards = fc.constantFrom(
  (text: string) => text,
  (text: string) => `'${text}`,
  (text: string) => `="${text}"`,
)

/** The ways in which users, cards and spreadsheets write the same identifier. */
const written = (text: string, tails: fc.Arbitrary<string> = fc.constant('')) =>
  fc
    .tuple(fc.array(gaps, { minLength: text.length, maxLength: text.length }), tails, fc.boolean(), guards)
    .map(([between, tail, isLower, guard]) => {
      const spread = [...text].map((digit, index) => between[index] + digit).join('') + tail
      return guard(isLower ? spread.toLowerCase() : spread)
    })
const filled = fc.constantFrom('', 'F', 'FF', 'f', ' F')

describe('however it is written', () => {
  test('an ICCID is the same card, and reading it again changes nothing', () => {
    const cards = fc
      .stringMatching(/^89[0-9A-F]{16,18}$/)
      .filter((card) => !card.endsWith('F'))
      .chain((card) => fc.tuple(fc.constant(card), written(card, filled)))
    fc.assert(
      fc.property(cards, ([card, text]) => {
        const expected = /^[0-9]{18}$/.test(card) ? withLuhnDigit(card) : card
        expect(readIccid(text)).toBe(expected)
        expect(readIccid(expected)).toBe(expected)
      }),
    )
  })

  test.each([
    ['imei', readImei, '490154203237518'],
    ['imsi', readImsi, '901280000614227'],
    ['msisdn', readMsisdn, '4915112345678'],
    ['eid', readEid, '89049032123451234512345678901235'],
  ] as const)('an %s is the same', (_name, read, digits) => {
    fc.assert(
      fc.property(written(digits), (text) => {
        expect(read(text)).toBe(digits)
      }),
    )
  })
})

test('18 digits are the card of the 19 that add the check digit, and no other', () => {
  const [short, right] = ['898830300000061422', withLuhnDigit('898830300000061422')]
  expect(readIccid(short)).toBe(right)
  for (let last = 0; last < 10; last++) expect(readIccid(`${short}${last}`)).toBe(`${short}${last}`)
  expect(readIccid(`${right}0`)).toBe(`${right}0`)
})

test('an IMEI is looked up without its check digit, and with a software version in its place', () => {
  expect(readImeiStart('49-015420-323751-8')).toBe('490154203237518')
  expect(readImeiStart('49015420323751')).toBe('49015420323751')
  expect(readImeiStart('49-015420-323751-05')).toBe('49015420323751')
  expect(readImei('4901542032375105')).toBeUndefined()
})

test.each(['', '89', '8988', '9988303000000614224', '89G8303000000614224', '8.98830E+18', '89883030000006142241x'])(
  '%j is no ICCID',
  (text) => expect(readIccid(text)).toBeUndefined(),
)

test('a text of any length is refused at once', () => {
  expect(readIccid(`${'F'.repeat(1_000_000)}x`)).toBeUndefined()
  expect(readEid('1'.repeat(1_000_000))).toBeUndefined()
})
