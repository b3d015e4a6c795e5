import { expect, test } from 'vitest'
import { parseDayOrTime, parseTime } from './time.ts'

const read = (text: string) => parseTime(text)?.toISOString()

test('a leap second is the second after it, wherever on earth it is written', () => {
  expect(read('2016-12-31T23:59:60Z')).toBe('2017-01-01T00:00:00.000Z')
  expect(read('2016-12-31T23:59:60.5Z')).toBe('2017-01-01T00:00:00.500Z')
  expect(read('2017-01-01T01:59:60+02:00')).toBe('2017-01-01T00:00:00.000Z')
  expect(read('1969-12-31t23:59:60z')).toBe('1970-01-01T00:00:00.000Z')
})

test('a second 60 that ends no day is none, nor is one of which the year 10000 is left', () => {
  for (const text of [
    '2016-12-31T12:30:60Z',
    '2016-12-31T23:59:60+02:00',
    '2016-12-31T23:59:61Z',
    '9999-12-31T23:59:60Z',
  ])
    expect(read(text), text).toBeUndefined()
})

test('a day is its midnight in UTC', () => {
  expect(parseDayOrTime('2026-11-02')?.toISOString()).toBe('2026-11-02T00:00:00.000Z')
  expect(parseDayOrTime('2026-11-02T01:00:00+01:00')?.toISOString()).toBe('2026-11-02T00:00:00.000Z')
  expect(parseDayOrTime('2026-02-30')).toBeUndefined()
})
