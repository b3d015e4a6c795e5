import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recordsApart } from './json-apart.ts'

const apart = (text: string) => recordsApart(Buffer.from(text), 2)

const record = fc.dictionary(
  fc.string({ unit: fc.constantFrom('a', '{', '}', '[', ']', '"', '\\', ',', ':', 'é'), maxLength: 4 }),
  fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('\\u')),
  { minKeys: 1 },
)

test('records that are read apart are those of the body read whole, however it is written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), fc.nat({ max: 3 }), async (records, indent) => {
      const text = JSON.stringify({ records }, undefined, indent)
      expect(await apart(text)).toEqual(JSON.parse(text).records)
    }),
  )
})

test('turns of the event loop pass while a large body is read', async () => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const records = await apart(JSON.stringify({ records: Array.from({ length: 1_000 }, (_, id) => ({ id })) }))
  isOver = true
  expect(records).toHaveLength(1_000)
  expect(turns).toBeGreaterThanOrEqual(499)
})

test.each([
  '{"records":[{"id":1},]}',
  '{"records":[{"id":1} {"id":2}]}',
  '{"records":[{"id":1}],"other":1}',
  '{"records":[{"id":1}]',
  '{"records":[{"id":"open}]}',
  '{"records":[{"id":"\\u0000"}]}',
  '{"records":[1]}',
  '[{"id":1}]',
])('a body with a fault is left to who reads it whole: %s', async (text) => {
  expect(await apart(text)).toBeUndefined()
})
