import type pg from 'pg'

/** What PostgreSQL may know of the tables: all that `ANALYZE` finds, what it found in a much smaller fleet, nothing. */
export const statistics: Readonly<Record<string, (db: pg.Pool) => Promise<unknown>>> = {
  fresh: async () => {},
  stale: (db) =>
    db.query(`
      SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text, 'relpages', 20, 'reltuples', 1000::real)
      FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 1000`),
  absent: (db) =>
    db.query(`
      SELECT pg_clear_relation_stats('public', c.relname::text), count(pg_clear_attribute_stats('public', c.relname::text, a.attname::text, false))
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname`),
}
