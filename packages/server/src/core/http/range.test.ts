import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readRange } from './range.ts'

it.each([
  ['bytes=0-0', { first: 0, last: 0 }],
  ['bytes=0-', { first: 0, last: 9 }],
  ['bytes=3-5', { first: 3, last: 5 }],
  ['Bytes= 3-5 ', { first: 3, last: 5 }],
  ['bytes=9-99999999999999999999999999', { first: 9, last: 9 }],
  ['bytes=-3', { first: 7, last: 9 }],
  ['bytes=-99', { first: 0, last: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-3', 'whole'],
  ['bytes=0-1,3-4', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=1.5-3', 'whole'],
  ['lines=0-1', 'whole'],
])('reads %s of ten bytes', (header, part) => {
  expect(readRange(header, 10)).toEqual(part)
})

it('never reads a part that is not there', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (text, size) => {
      const part = readRange(`bytes=${text}`, size)
      if (typeof part === 'object') expect(0 <= part.first && part.first <= part.last && part.last < size).toBe(true)
    }),
  )
  for (const header of ['bytes=0-', 'bytes=-1']) expect(readRange(header, 0)).toBe('unsatisfiable')
})
