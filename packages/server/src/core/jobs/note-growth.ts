import sql, { raw } from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'

/** A table of fewer pages is read whole in a moment. */
const fewPages = 16
const growth = 4

/**
 * Has PostgreSQL look at a table that has grown much. Its own autovacuum comes after a minute. Until then, prepared statements go on
 * as when the table was small: check-ins would each read all that a fleet has just been told.
 */
export function noteGrowth(): PeriodicJob {
  const pagesBefore = new Map<string, number>()
  return {
    name: 'note-growth',
    everyMs: 1_000,
    run: async (tx) => {
      const { rows } = await tx.query<{ table: string; pages: number }>(sql`
        SELECT oid::regclass::text AS table, pg_relation_size(oid) / current_setting('block_size')::int AS pages FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`)
      const grown: string[] = []
      for (const { table, pages } of rows) {
        const before = pagesBefore.get(table) ?? pages
        const hasGrown = pages > Math.max(fewPages, growth * before)
        if (hasGrown) grown.push(table)
        pagesBefore.set(table, hasGrown ? pages : Math.min(before, pages))
      }
      // Who has one locked is autovacuum, most likely, which looks at it as well.
      for (const table of grown) await tx.query(sql`ANALYZE (SKIP_LOCKED) ${raw(table)}`)
      return false
    },
  }
}
