import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { beforeAll, describe, expect, test } from 'vitest'
import { exchange } from '../../../test/exchange.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { readPage } from './page.ts'

const platform = usePlatform()
const megabyte = 2 ** 20
const maxBytes = 8 * megabyte

/** A list of texts of these sizes. */
function listOf(sizes: readonly number[], isMeasured: boolean) {
  const accountId = randomUUID()
  const view = sql`
    SELECT ${accountId}::uuid AS account_id, to_char(index, 'FM0000') AS id, repeat('x', size) AS document, size
    FROM unnest(${sizes}::int[]) WITH ORDINALITY AS item (size, index)`
  return {
    view,
    key: 'id',
    keyType: 'text',
    reach: { accountId, groups: undefined },
    ...(isMeasured && { size: sql`size`, where: sql`AND true` }),
  } as const
}

async function walk(listing: ReturnType<typeof listOf>, limit: number, direction: 'after' | 'before') {
  const lengths: number[] = []
  for (let key: string | undefined, turn = 0; ; turn++) {
    expect(turn).toBeLessThan(100)
    const page = await readPage(platform.database, listing, { limit, ...(key !== undefined && { [direction]: key }) })
    const sizes = page.documents.map((document) => document.length)
    const total = sizes.reduce((sum, size) => sum + size + 1, 0)
    expect(total > maxBytes && sizes.length > 1).toBe(false)
    lengths[direction === 'after' ? 'push' : 'unshift'](...sizes)
    const next = direction === 'after' ? page.next : page.previous
    if (next === undefined) return lengths
    expect(sizes.length).toBeGreaterThan(0)
    key = next
  }
}

test('a page ends before it is too large, and walking yields every item exactly once', async () => {
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
    { weight: 3, arbitrary: fc.integer({ min: megabyte, max: 5 * megabyte }) },
    { weight: 1, arbitrary: fc.constantFrom(8 * megabyte, 9 * megabyte, maxBytes - 2 ** 14, maxBytes - 2 ** 14 - 1) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(size, { maxLength: 8 }),
      fc.constantFrom(1, 2, 3, 100, 1000),
      fc.boolean(),
      async (sizes, limit, isMeasured) => {
        const listing = listOf(sizes, isMeasured)
        expect(await walk(listing, limit, 'after')).toEqual(sizes)
        if (sizes.length === 0) return
        const start = { ...listing, where: sql`AND true` }
        const last = await readPage(platform.database, start, { limit, before: '~' })
        const lengths = last.documents.map((document) => document.length)
        expect(lengths).toEqual(sizes.slice(-lengths.length))
        expect(last.next).toBeUndefined()
        expect(last.previous === undefined).toBe(lengths.length === sizes.length)
      },
    ),
    { numRuns: 15, seed: 20_261_129 },
  )
})

describe('a fleet of devices with a megabyte each', () => {
  const count = 11
  const ids: string[] = []
  let account: TestAccount

  beforeAll(async () => {
    account = await platform.newAccount()
    const apps = Array.from({ length: 2_700 }, (_, index) => ({
      name: `com.example.${index}.${'n'.repeat(230)}`,
      version: 'v'.repeat(90),
    }))
    for (let made = 0; made < count; made++) {
      const device = await newDevice(platform, account)
      await device.checkIn({ bootId: 'boot-1', apps })
      ids.push(device.id)
    }
  })

  test.each([
    ['limit=1000', 2],
    ['limit=100', 2],
    ['limit=9', 2],
    ['limit=5', 3],
    ['limit=9&family=D450', 2],
    ['online=true&limit=1000', 2],
  ])('is listed in answers of at most 8 MiB by ?%s', async (query, expected) => {
    const found: string[] = []
    let pages = 0
    for (let after = ''; ; ) {
      pages++
      const answer = await exchange(platform.url, {
        path: `/v1/default/device?${query}${after}`,
        authorization: `basic ${account.key}`,
      })
      expect(answer.status).toBe(200)
      expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(maxBytes)
      const { data, nextPage } = JSON.parse(answer.text)
      found.push(...data.map(({ id }: { id: string }) => id))
      if (nextPage === undefined) break
      after = `&after=${nextPage}`
    }
    expect(found).toEqual(ids)
    expect(pages).toBe(expected)
  })
})
