import { compareVersions } from '@mason/contract/version'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { usePlatform } from './harness.ts'
import { compare } from './naive-filter.ts'

const platform = usePlatform({}, { areJobsRunning: false })

const part = fc.constantFrom('3', '10', '02', '0', 'a', 'B', 'beta', 'v', '-', '+', '.', '_', ' ', '(', 'ä')
const versions = fc.array(part, { maxLength: 7 }).map((parts) => parts.join(''))

test('versions have the same order in SQL, in the simulator, and written down apart', async () => {
  const pairs = fc.sample(fc.tuple(versions, versions), { numRuns: 2_000, seed: 16 })
  const { rows } = await platform.database.pool.query(
    `SELECT CASE WHEN a = b THEN 0 WHEN a COLLATE "C" < b COLLATE "C" THEN -1 ELSE 1 END AS sign
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (l, r, place)
     CROSS JOIN LATERAL (SELECT version_key(l) AS a, version_key(r) AS b) AS k ORDER BY place`,
    [pairs.map(([left]) => left), pairs.map(([, right]) => right)],
  )
  for (const [index, [left, right]] of pairs.entries()) {
    const label = `${JSON.stringify(left)} and ${JSON.stringify(right)}`
    expect(compareVersions(left, right), label).toBe(rows[index].sign)
    expect(Math.sign(compare('version', left, right)), label).toBe(rows[index].sign)
  }
})
