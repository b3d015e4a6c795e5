import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deviceFields, simFields } from './fields.ts'
import { type Filter, isJoin, readFilter } from './filter.ts'
import { FilterFault } from './syntax.ts'

/** A filter with every comparison and join in words. */
function shown(filter: Filter): string {
  if (isJoin(filter)) return `(${filter.parts.map(shown).join(` ${filter.join} `)})`
  const values = filter.values.map((value) => JSON.stringify(Object.values(value).at(-1)))
  return `${filter.name}${filter.key}${filter.operator}${values.join('|')}`
}
const read = (text: string) => shown(readFilter(text, deviceFields, Date.UTC(2026, 10, 30)))

test.each([
  ['name==x', 'name=="x"'],
  ['name==a and family==b or group==c', '((name=="a" and family=="b") or group=="c")'],
  ['name==a;(family==b,group==c)', '(name=="a" and (family=="b" or group=="c"))'],
  [' name == "a \\"b\\" \\\\ c" AND online==TRUE ', '(name=="a \\"b\\" \\\\ c" and online==true)'],
  ["label.store=in=(12,'1 4')", 'label.store=in="12"|"1 4"'],
  ['label.store=out=12', 'label.store=out="12"'],
  ['app.com.acme.kiosk<3.2', 'app.com.acme.kiosk<"3.2"'],
  ['battery.level=ge=20', 'battery.level>=20'],
  ['lastcheckin<-7d', 'lastcheckin<"2026-11-23T00:00:00.000Z"'],
  ['lastcheckin>2026-11-02T10:30:00 01:00', 'lastcheckin>"2026-11-02T09:30:00.000Z"'],
  ['name==and,name==or', '(name=="and" or name=="or")'],
  ['name==*', 'name=="any"'],
  ['id==x', 'id=="none"'],
])('%s is read as %s', (text, expected) => {
  expect(read(text)).toBe(expected)
})

test.each([
  ['', 1, 'a field or “(”'],
  ['name', 5, 'one of == != < <= > >= =in= =out='],
  ['name=x', 5, 'one of == != < <= > >= =in= =out='],
  ['name==', 7, 'a value'],
  ['name=in=', 9, 'a value or “(”'],
  ['name=in=(a', 11, '“,” or “)”'],
  ['name==(a)', 7, 'a value'],
  ['name==Till 7', 12, '“and”, “or” or the end; a text with spaces is quoted'],
  ['name=="Till 7', 14, 'the quotation mark that ends the text'],
  ['(name==x', 9, '“and”, “or” or “)”'],
  ['name==x and', 12, 'a field or “(”'],
  ['name==x)', 8, '“and”, “or” or the end; a text with spaces is quoted'],
  ['battery.level<low', 15, 'a number'],
  ['online==yes', 9, 'true or false'],
  ['online<true', 7, 'one of == != =in= =out='],
  ['lastcheckin<yesterday', 13, 'a time, such as 2026-11-02T09:30:00Z, or -7d, -12h or -30m'],
])('%s is wrong at position %i', (text, position, expected) => {
  expect(() => readFilter(text, deviceFields)).toThrow(new FilterFault(position, expected))
})

test('a field that is unknown is told which there are', () => {
  for (const text of ['label.==1', 'label.Store==1', 'app.==1', 'constructor==1', 'label==1', 'colour==red'])
    expect(() => readFilter(text, deviceFields), text).toThrow(
      /^position 1: expected one of id, name, .*app\.<package>/,
    )
  expect(() => readFilter('family==D450', simFields)).toThrow(/expected one of iccid, .*marker\.<key>/)
})

test('a filter has at most 20 comparisons', () => {
  const some = (count: number) => Array(count).fill('name==x').join(',')
  readFilter(some(20), deviceFields)
  expect(() => readFilter(some(21), deviceFields)).toThrow(/^position 161: expected the end/)
  expect(() => readFilter(`${'('.repeat(4_000)}name==x`, deviceFields)).toThrow(FilterFault)
})

test('whatever is written is read or refused with a place within it', () => {
  const pieces = fc.constantFrom(
    'name',
    '==',
    '=in=',
    '<',
    '(',
    ')',
    ',',
    ';',
    ' and ',
    'or',
    '"',
    "'",
    '\\',
    '*',
    '-7d',
    'é😀',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      try {
        readFilter(text, deviceFields)
      } catch (error) {
        expect(error).toBeInstanceOf(FilterFault)
        const { position } = error as FilterFault
        expect(position).toBeGreaterThan(0)
        expect(position).toBeLessThanOrEqual(text.length + 1)
      }
    }),
    { numRuns: 2_000 },
  )
})
