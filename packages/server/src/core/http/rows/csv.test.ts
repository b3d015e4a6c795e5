import { Readable } from 'node:stream'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { openBody } from './body.ts'
import { openRows, type Row } from './read.ts'

// Whatever a table holds and however it is written and cut up on its way, what is read is what was written.

interface Sent {
  pieces: Buffer[]
  contentType?: string
  contentEncoding?: string
}

async function read({ pieces, contentType = 'text/csv', contentEncoding }: Sent) {
  const request = {
    body: Readable.from(pieces, { objectMode: false }),
    headers: { 'content-encoding': contentEncoding },
    sentContentType: contentType,
  } as unknown as FastifyRequest
  const known = ['iccid', 'name', 'note']
  const body = await openBody(request, 'ndjson')
  const { batches, ignored } = await openRows(body, {
    nameOf: (header) => known.find((name) => name === header.toLowerCase()),
    required: ['iccid'],
  })
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return { form: body.form, rows, ignored }
}

const csv = (text: string | Buffer, how: Omit<Sent, 'pieces'> = {}) => read({ pieces: [Buffer.from(text)], ...how })
const valuesOf = ({ rows }: { rows: Row[] }) => rows.map(({ value }) => value)

/** Cuts bytes up at the places given. */
function cutAt(bytes: Buffer, places: number[]): Buffer[] {
  const ends = [...places.map((position) => position % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

const cell = fc.string({
  unit: fc.oneof(fc.constantFrom('a', ',', ';', '\t', '"', '\n', '\r', ' ', "'", '='), fc.constantFrom('é', '😀', 'x')),
  maxLength: 8,
})
const row = fc.record({ iccid: fc.stringMatching(/^[0-9]{1,5}$/), name: cell, other: cell })
const writing = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  record_delimiter: fc.constantFrom('\n', '\r\n', '\r'),
  quoted: fc.boolean(),
  bom: fc.boolean(),
  places: fc.array(fc.nat(), { maxLength: 20 }),
  isPacked: fc.boolean(),
  isLastEnded: fc.boolean(),
})

/** RFC 4180 puts these in quotes, whatever ends lines. */
const quoted_match = /[\n\r"]/

describe('a table', () => {
  test('of any cells, written by RFC 4180 with any separator, quoting and line end, is read back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        writing,
        async (table, { places, isPacked, isLastEnded, ...how }) => {
          const columns = ['iccid', 'name', 'other']
          const options = { ...how, header: true, columns, eof: isLastEnded, quoted_match }
          const text = stringify(table, options)
          const bytes = isPacked ? gzipSync(text) : Buffer.from(text)
          const { rows, ignored } = await read({ pieces: cutAt(bytes, places) })
          expect(rows.map(({ value, fault }) => fault ?? value)).toEqual(
            table.map(({ iccid, name }) => ({ iccid, ...(name !== '' && { name }) })),
          )
          expect(ignored).toEqual(['other'])
          const newline = how.record_delimiter === '\r' ? '\r' : '\n'
          let line = 2
          const begins = table.map(({ name, other }) => {
            const begin = line
            line += `${name}${other}`.split(newline).length
            return begin
          })
          expect(rows.map((one) => one.line)).toEqual(begins)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('with an unknown column of any name is read all the same', async () => {
    await fc.assert(
      fc.asyncProperty(cell, writing, async (header, { places, delimiter, record_delimiter }) => {
        const text = stringify([{ iccid: '1', [`x${header}`]: 'y' }], {
          delimiter,
          record_delimiter,
          header: true,
          quoted_match,
        })
        expect(valuesOf(await read({ pieces: cutAt(Buffer.from(text), places) }))).toEqual([{ iccid: '1' }])
      }),
    )
  })
})

describe('a cell in quotes', () => {
  test('holds line ends, and lines in it are none', async () => {
    const { rows } = await csv('iccid,name\n"1\n2,evil\n3",x\n4,y\n')
    expect(rows).toEqual([
      { line: 2, value: { iccid: '1\n2,evil\n3', name: 'x' } },
      { line: 5, value: { iccid: '4', name: 'y' } },
    ])
  })

  test.each([65_536, 65_537, 3_000_000])('of %i bytes costs no other row', async (length) => {
    const text = `iccid,name\n1,"${'x\n'.repeat(length / 2)}${'x'.repeat(length % 2)}"\n2,y\n`
    const { rows } = await csv(text)
    const [first, second] = rows
    expect(first?.line).toBe(2)
    expect(first?.fault === undefined).toBe(length <= 65_536)
    expect(second).toMatchObject({ line: 2 + Math.floor(length / 2) + 1, value: { iccid: '2' } })
  })

  test('that is never closed is one fault, on the line where its row begins', async () => {
    const { rows } = await csv(`iccid,name\n1,x\n2,"open\n${'3,y\n'.repeat(1000)}`)
    expect(rows).toEqual([
      { line: 2, value: { iccid: '1', name: 'x' } },
      { line: 3, fault: 'has a quote that is not closed' },
    ])
  })

  test('that is followed by text, or begins late, is a fault of its row alone', async () => {
    const { rows } = await csv('iccid,name\n1,"a"b\n2,a"b\n3, "c"\n4,"d" \n5,e\n')
    expect(rows.map(({ fault }) => fault?.includes('quote'))).toEqual([true, true, true, true, undefined])
  })
})

describe('what carriers, portals and spreadsheets write', () => {
  const expected = [{ iccid: '1', name: 'Ü' }]

  test.each([
    ['a header in capitals', 'ICCID,Name\n1,Ü\n'],
    ['a first line that says what parts cells', 'sep=;\r\nICCID;NAME\r\n1;Ü\r\n'],
    ['the same in quotes', '"sep=;"\niccid;name\n1;Ü'],
    ['trailing commas', 'iccid,name,,\n1,Ü,,\n'],
    ['trailing commas in the header alone', 'iccid,name,\n1,Ü\n'],
    ['trailing commas in rows alone', 'iccid,name\n1,Ü,,\n'],
    ['rows of nothing', '\n,,\niccid,name\n1,Ü\n,\n;\n\n'.replace(',,\n', '').replace(';\n', '')],
    ['spaces around names', ' iccid ,\u00a0name\n1,Ü'],
    ['invisible characters around names', '\u200biccid,\u200ename\ufeff\n1,Ü'],
    ['tabs', 'iccid\tname\n1\tÜ\n'],
  ])('%s', async (_name, text) => expect(valuesOf(await csv(text))).toEqual(expected))

  test.each([
    ['UTF-16, little-endian', Buffer.from('\ufefficcid\tname\r\n1\tÜ\r\n', 'utf16le'), {}],
    ['UTF-16 without a mark', Buffer.from('iccid\tname\r\n1\tÜ\r\n', 'utf16le'), {}],
    ['UTF-16, big-endian', Buffer.from('\ufefficcid,name\n1,Ü', 'utf16le').swap16(), {}],
    ['Windows-1252', Buffer.from('iccid,name\n1,\xdc', 'latin1'), { contentType: 'text/csv; charset="windows-1252"' }],
    ['Latin-1', Buffer.from('iccid,name\n1,\xdc', 'latin1'), { contentType: 'text/csv;charset=ISO-8859-1' }],
    ['UTF-8 with a mark', Buffer.from('\ufefficcid,name\n1,Ü'), {}],
    ['gzip', gzipSync('iccid,name\n1,Ü'), { contentEncoding: 'gzip' }],
    ['gzip of which nothing is said', gzipSync('iccid,name\n1,Ü'), { contentType: 'application/gzip' }],
    ['plain text', Buffer.from('iccid,name\n1,Ü'), { contentType: 'text/plain' }],
    ['a spreadsheet', Buffer.from('iccid;name\n1;Ü'), { contentType: 'application/vnd.ms-excel' }],
    ['no type at all', Buffer.from('"iccid","name"\n1,Ü'), { contentType: '' }],
  ])('%s', async (_name, bytes, how) => expect(valuesOf(await csv(bytes, how))).toEqual(expected))

  test('lines of JSON without a type', async () => {
    expect(await csv('{"iccid":"1"}\n{"iccid":"2"}', { contentType: '' })).toMatchObject({
      form: 'ndjson',
      rows: [{ value: { iccid: '1' } }, { value: { iccid: '2' } }],
    })
  })

  test.each([
    ['gzip', gzipSync('iccid\n1\n').subarray(0, 15), {}, 'The gzip is damaged or was cut off'],
    ['a bomb', gzipSync(Buffer.alloc(64 * 2 ** 20, 'iccid\n')), {}, 'more than 200 times'],
    ['no gzip', Buffer.from('iccid\n1'), { contentEncoding: 'gzip' }, 'is not gzip'],
    ['another coding', Buffer.from('iccid\n1'), { contentEncoding: 'br' }, 'Content-Encoding "br"'],
    ['another charset', Buffer.from('iccid\n1'), { contentType: 'text/csv; charset=ebcdic' }, 'charset "ebcdic"'],
    ['half a UTF-16', Buffer.from('\ufefficcid\n1\ud83d', 'utf16le'), {}, 'not valid utf-16le'],
    ['a workbook', Buffer.from('PK\x03\x04xxxx'), {}, 'workbook'],
    ['an old workbook', Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1'), {}, 'workbook of Excel'],
    ['a page that a portal calls a workbook', Buffer.from('\ufeff\r\n<html><table>'), {}, 'HTML or XML'],
    ['JSON that is called CSV', Buffer.from('{"iccid":"1"}'), {}, 'is JSON'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), {}, 'a PDF'],
    ['gzip in gzip', gzipSync(gzipSync('iccid\n1')), { contentEncoding: 'gzip' }, 'gzip twice'],
    ['deflate', deflateSync('iccid\n1'), {}, 'deflate'],
    ['zstd', zstdCompressSync('iccid\n1'), {}, 'zstd'],
    ['UTF-32', Buffer.concat([Buffer.from('\ufeff\0', 'utf16le'), Buffer.from('i\0\0\0')]), {}, 'UTF-32'],
    ['UTF-32, big-endian', Buffer.from('\0\0\xfe\xff\0\0\0i', 'latin1'), {}, 'UTF-32'],
    ['a form', Buffer.from('--x'), { contentType: 'multipart/form-data; boundary=x' }, 'is a form'],
    ['nothing', Buffer.from(''), {}, 'has no header'],
    ['no end of a header', Buffer.from(`"${'x'.repeat(3 * 2 ** 20)}`), {}, 'The header'],
  ])('%s is refused by its name', async (_name, bytes, how, message) =>
    expect(csv(bytes, how)).rejects.toThrow(message),
  )
})
