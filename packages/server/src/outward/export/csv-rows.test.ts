import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CsvRows } from './csv-rows.ts'

const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é', '😀'), maxLength: 6 })

test('rows that PostgreSQL writes end as RFC 4180 says, wherever they are cut up', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), fc.array(fc.nat()), (table, places) => {
      const write = (record_delimiter: string) =>
        stringify(table, { record_delimiter, quoted_match: /[\n\r]/, eof: true }).toString()
      const bytes = Buffer.from(write('\n'))
      const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
      const rows = new CsvRows()
      const pieces = ends.map((end, index) => rows.read(bytes.subarray(ends[index - 1] ?? 0, end)))
      expect(Buffer.concat(pieces).toString()).toBe(write('\r\n'))
      expect(rows.count).toBe(table.length)
    }),
  )
})
