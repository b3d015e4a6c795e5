import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { Database } from '../../core/db/database.ts'

const platform = usePlatform()

test('an export that is cut off ends its query, and its connection serves nobody else', async () => {
  const database = new Database({ ...platform.database.pool.options, max: 1 })
  const cut = database.transaction(async (tx) => {
    for await (const piece of tx.copyOut(sql`SELECT generate_series(1, ${20_000_000}::int)`))
      throw new Error(`after ${piece.length > 0}`)
  })
  await expect(cut).rejects.toThrow('after true')
  const { rows } = await database.query<{ answer: number }>(sql`SELECT 42 AS answer`)
  expect(rows).toEqual([{ answer: 42 }])
  await database.close()
})

test('a query that fails amid its rows says why, and its connection goes on', async () => {
  const { rows } = await platform.database.transaction(async (tx) => {
    const read = async () => {
      for await (const piece of tx.copyOut(sql`SELECT 1 / (${50_000} - i) FROM generate_series(1, 100000) AS i`))
        expect(piece.length).toBeGreaterThan(0)
    }
    await expect(tx.transaction(read)).rejects.toThrow('division by zero')
    return tx.query<{ answer: number }>(sql`SELECT 42 AS answer`)
  })
  expect(rows).toEqual([{ answer: 42 }])
})
