import type pg from 'pg'

const inSchema = 'current_schema()::regnamespace'

/** Functions that an index is built on: a change of one has to build its indexes anew, so it is a migration. */
export const indexFunctions = `
  SELECT DISTINCT proname AS name, p.oid FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.refobjid
  WHERE refclassid = 'pg_proc'::regclass AND classid = 'pg_class'::regclass AND pronamespace = ${inSchema}`

/** One paragraph of each query's rows: what a migrated database is made of, in an order of its own. */
const parts: { title: string; sql: string }[] = [
  {
    title: 'Types',
    sql: `
      SELECT format(E'CREATE TYPE %I AS (\\n%s\\n);', relname, string_agg('  ' || attname || ' ' || format_type(atttypid, atttypmod),
               E',\\n' ORDER BY attnum)) AS text
      FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
      WHERE relkind = 'c' AND relnamespace = ${inSchema} GROUP BY relname ORDER BY relname COLLATE "C"`,
  },
  {
    title: 'Sequences',
    sql: `
      SELECT format('CREATE SEQUENCE %I MINVALUE %s MAXVALUE %s START %s%s;', sequencename, min_value, max_value, start_value,
               CASE WHEN cycle THEN ' CYCLE' END) AS text
      FROM pg_sequences WHERE schemaname = current_schema() ORDER BY sequencename COLLATE "C"`,
  },
  {
    title: 'Tables. Partitions are made while the program runs, and are not here',
    sql: `
      SELECT concat_ws(E'\\n',
        format(E'CREATE TABLE %I (\\n%s\\n)%s%s;', relname, concat_ws(E',\\n', columns, constraints),
               ' PARTITION BY ' || pg_get_partkeydef(t.oid), ' WITH (' || array_to_string(reloptions, ', ') || ')'),
        indexes, triggers, comments) AS text
      FROM pg_class AS t
      CROSS JOIN LATERAL (
        SELECT string_agg('  ' || concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod),
                 CASE WHEN attcollation = 'pg_catalog."C"'::regcollation THEN 'COLLATE "C"' END,
                 CASE WHEN attnotnull THEN 'NOT NULL' END,
                 CASE attgenerated WHEN 's' THEN 'GENERATED ALWAYS AS (' || pg_get_expr(adbin, adrelid) || ') STORED'
                                   ELSE 'DEFAULT ' || pg_get_expr(adbin, adrelid) END), E',\\n' ORDER BY attnum) AS columns,
               string_agg(format('COMMENT ON COLUMN %I.%I IS %L;', relname, attname, col_description(t.oid, attnum)), E'\\n'
                 ORDER BY attnum) FILTER (WHERE col_description(t.oid, attnum) IS NOT NULL) AS comments
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) AS c
      CROSS JOIN LATERAL (
        SELECT string_agg(format('  CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), E',\\n'
                 ORDER BY contype DESC, conname COLLATE "C") AS constraints
        FROM pg_constraint WHERE conrelid = t.oid AND contype <> 'n') AS k
      CROSS JOIN LATERAL (
        SELECT string_agg(pg_get_indexdef(indexrelid) || ';', E'\\n' ORDER BY indexrelid::regclass::text COLLATE "C") AS indexes
        FROM pg_index WHERE indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)) AS i
      CROSS JOIN LATERAL (
        SELECT string_agg(pg_get_triggerdef(oid) || ';', E'\\n' ORDER BY tgname COLLATE "C") AS triggers
        FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal) AS g
      WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = ${inSchema}
      ORDER BY relname COLLATE "C"`,
  },
  {
    title: 'Columns of the views',
    sql: `
      SELECT format(E'-- %s\\n%s', relname, string_agg('--   ' || attname || ' ' || format_type(atttypid, atttypmod), E'\\n'
               ORDER BY attnum)) AS text
      FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
      WHERE relkind = 'v' AND relnamespace = ${inSchema} GROUP BY relname ORDER BY relname COLLATE "C"`,
  },
  {
    title: 'Functions that indexes are built on',
    sql: `SELECT pg_get_functiondef(oid) || ';' AS text FROM (${indexFunctions}) AS f ORDER BY name COLLATE "C"`,
  },
  {
    title: 'Functions',
    sql: `
      SELECT format('-- %s(%s) %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid)) AS text
      FROM pg_proc WHERE pronamespace = ${inSchema} ORDER BY proname COLLATE "C"`,
  },
]

/** What `sql/schema.sql` has. */
export async function schemaText(db: pg.Pool | pg.Client): Promise<string> {
  const sections = [
    '-- What a migrated database has. Written by `npm run schema`; not to be edited. Bodies: see the other files here.',
  ]
  for (const { title, sql } of parts) {
    const { rows } = await db.query<{ text: string }>(sql)
    const isList = rows.every(({ text }) => !text.includes('\n'))
    sections.push(
      `-- ${title}`,
      rows.map(({ text }) => text.replaceAll(' ON public.', ' ON ')).join(isList ? '\n' : '\n\n'),
    )
  }
  return `${sections.join('\n\n')}\n`
}

/** The bodies of views, functions and triggers, as PostgreSQL understood them. */
export async function bodiesText(db: pg.Pool | pg.Client): Promise<string> {
  const { rows } = await db.query<{ text: string }>(`
    SELECT relname || ': ' || pg_get_viewdef(oid) AS text FROM pg_class WHERE relkind = 'v' AND relnamespace = ${inSchema}
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = ${inSchema}
    UNION ALL
    SELECT pg_get_triggerdef(g.oid) || obj_description(g.oid, 'pg_trigger')
    FROM pg_trigger AS g JOIN pg_class AS t ON t.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = ${inSchema}
    ORDER BY text`)
  return rows.map(({ text }) => text).join('\n\n')
}

/** What `docs/triggers.md` has. */
export async function triggersText(db: pg.Pool | pg.Client): Promise<string> {
  const { rows } = await db.query<{
    table: string
    name: string
    event: string
    function: string
    rule: string | null
  }>(`
    SELECT relname AS table, tgname AS name, proname AS function,
           CASE WHEN tgtype & 2 = 2 THEN 'before ' ELSE 'after ' END ||
             concat_ws(' or ', CASE WHEN tgtype & 4 = 4 THEN 'insert' END, CASE WHEN tgtype & 8 = 8 THEN 'delete' END,
                       CASE WHEN tgtype & 16 = 16 THEN 'update' END) AS event,
           obj_description(g.oid, 'pg_trigger') AS rule
    FROM pg_trigger AS g JOIN pg_class AS t ON t.oid = tgrelid JOIN pg_proc AS p ON p.oid = tgfoid
    WHERE NOT tgisinternal AND relnamespace = ${inSchema} AND NOT relispartition
    ORDER BY relname COLLATE "C", tgname COLLATE "C"`)
  const tables = [...new Set(rows.map(({ table }) => table))]
  const section = (table: string) =>
    [
      `## ${table}`,
      '',
      '| trigger | when | rule it keeps |',
      '|---|---|---|',
      ...rows
        .filter((row) => row.table === table)
        .map(({ name, event, rule }) => `| \`${name}\` | ${event} | ${rule ?? ''} |`),
    ].join('\n')
  const introduction = [
    'Some rules are kept by the database, whichever statement touches a table. `packages/server/sql` has each trigger.',
    'This page is written by `npm run schema` from the `COMMENT ON TRIGGER` there.',
  ]
  return `${['# Triggers', introduction.join('\n'), ...tables.map(section)].join('\n\n')}\n`
}
