import sql from 'sql-template-tag'
import { ofDatabase } from '../check.ts'

/** PostgreSQL's codes of a table and a column that are not there. */
const isOlder = (error: unknown) => /^42(P01|703)$/.test(String((error as { code?: string }).code))

/** What the running nodes say of themselves: each knows its own limits, disk and clock. */
export const nodes = ofDatabase('nodes', async (database) => {
  const found = await database
    .query<{ host: string; isUp: boolean; warnings: string[] }>(sql`
      SELECT host, seen_at > now() - interval '30 seconds' AS "isUp", warnings FROM node ORDER BY host, id LIMIT 1000`)
    .catch((error: unknown) => {
      if (isOlder(error)) return undefined
      throw error
    })
  if (found === undefined) return { skipped: 'the database is older than the list of them' }
  const running = found.rows.filter(({ isUp }) => isUp)
  if (running.length === 0) return { skipped: 'none runs' }
  return {
    seen: `${running.length} of ${found.rows.length} run`,
    warnings: [...new Set(running.flatMap(({ host, warnings }) => warnings.map((text) => `${host}: ${text}`)))],
  }
})
