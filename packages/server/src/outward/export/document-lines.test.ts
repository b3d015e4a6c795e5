import fc from 'fast-check'
import sql from 'sql-template-tag'
import { expect, inject, test } from 'vitest'
import { Database } from '../../core/db/database.ts'
import { DocumentLines } from './document-lines.ts'

test('texts that PostgreSQL writes in its binary form are read wherever they are cut up', async () => {
  const database = new Database({ ...inject('postgres'), database: 'postgres', max: 1 })
  const texts = ['a', 'é😀"\\\u0001,', 'long '.repeat(30_000), 'z']
  const pieces: Buffer[] = []
  await database.transaction(async (tx) => {
    const query = sql`SELECT text FROM unnest(${texts}::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place`
    for await (const piece of tx.copyOut(query, { isBinary: true })) pieces.push(piece)
  })
  await database.close()
  const bytes = Buffer.concat(pieces)
  fc.assert(
    fc.property(fc.array(fc.nat()), (places) => {
      const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
      const lines = new DocumentLines()
      const read = ends.map((end, index) => lines.read(Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end))))
      expect(Buffer.concat(read).toString()).toBe(texts.map((text) => `${text}\n`).join(''))
      expect(lines.count).toBe(texts.length)
    }),
  )
})
