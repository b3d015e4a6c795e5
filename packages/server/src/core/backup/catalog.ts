import type pg from 'pg'
import type { Head, Table } from './contents.ts'

/** The platform's own schema and the queue's; what extensions brought is theirs. Tables of the queue's migrations come with them. */
const ours = `
  c.relnamespace IN (current_schema()::regnamespace, to_regnamespace('graphile_worker'))
  AND c.oid IS DISTINCT FROM to_regclass('graphile_worker.migrations')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')`

const name = `CASE WHEN c.relnamespace = current_schema()::regnamespace THEN quote_ident(c.relname) ELSE c.oid::regclass::text END`

export async function readTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table>(`
    SELECT ${name} AS name, relkind = 'p' AS "isPartitioned", ARRAY(
      SELECT quote_ident(attname) FROM pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum) AS columns
    FROM pg_class AS c WHERE ${ours} AND relkind IN ('r', 'p') AND NOT relispartition
    ORDER BY name`)
  return rows
}

/** Sequences stand outside of every snapshot: read after it, they are ahead of all that it shows. */
export async function readSequences(client: pg.ClientBase): Promise<Head['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT ${name} AS name FROM pg_class AS c WHERE ${ours} AND relkind = 'S' ORDER BY name`,
  )
  const sequences: Head['sequences'] = []
  for (const { name } of rows) {
    const { rows: states } = await client.query<{ value: string; isCalled: boolean }>(
      `SELECT last_value::text AS value, is_called AS "isCalled" FROM ${name}`,
    )
    for (const state of states) sequences.push({ name, ...state })
  }
  return sequences
}

/** Partitions are made while the program runs. Their parents' indexes and constraints come by themselves, their own do not. */
export async function readPartitions(client: pg.ClientBase): Promise<Head['partitions']> {
  const { rows: partitions } = await client.query<{ statement: string }>(`
    SELECT format('CREATE TABLE %s PARTITION OF %s %s', c.oid::regclass, parentrelid, pg_get_expr(c.relpartbound, c.oid))
      || CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END
      || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') AS statement
    FROM pg_class AS parent, pg_partition_tree(parent.oid) AS part JOIN pg_class AS c ON c.oid = part.relid
    WHERE ${ours} AND parent.relkind = 'p' AND NOT parent.relispartition AND c.relispartition
    ORDER BY part.level, c.relname`)
  const { rows: completions } = await client.query<{ statement: string }>(`
    SELECT CASE WHEN n.oid IS NULL THEN pg_get_indexdef(i.indexrelid, 0, true)
                ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.oid::regclass, n.conname, pg_get_constraintdef(n.oid))
           END AS statement
    FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid JOIN pg_class AS x ON x.oid = i.indexrelid
      LEFT JOIN pg_constraint AS n ON n.conindid = i.indexrelid AND n.conrelid = c.oid
    WHERE ${ours} AND c.relispartition AND NOT x.relispartition
    ORDER BY c.relname, x.relname`)
  return {
    create: partitions.map(({ statement }) => statement),
    complete: completions.map(({ statement }) => statement),
  }
}

/** Partitions that migrations make, to make room for those of a backup. */
export async function dropPartitions(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class AS c JOIN pg_inherits ON inhrelid = c.oid
     JOIN pg_class AS parent ON parent.oid = inhparent
     WHERE ${ours} AND c.relispartition AND NOT parent.relispartition AND c.relkind IN ('r', 'p')`,
  )
  for (const { name } of rows) await client.query(`DROP TABLE ${name}`)
}

interface Slowed {
  /** Statements that take it away. */
  drop: string[]
  /** Statements that make it again. */
  make: string[]
}

/** What every row that comes in would have to pass: foreign keys, and indexes that no constraint has. */
export async function readSlowed(client: pg.ClientBase): Promise<Slowed> {
  const { rows } = await client.query<{ drop: string; make: string }>(`
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.oid::regclass, conname) AS drop, 2 AS turn,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.oid::regclass, conname, pg_get_constraintdef(n.oid)) AS make
    FROM pg_constraint AS n JOIN pg_class AS c ON c.oid = conrelid
    WHERE ${ours} AND contype = 'f' AND conparentid = 0
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), 1, pg_get_indexdef(indexrelid, 0, true)
    FROM pg_index JOIN pg_class AS c ON c.oid = indrelid
    WHERE ${ours} AND c.relkind = 'r' AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ORDER BY turn, make`)
  return { drop: rows.map(({ drop }) => drop), make: rows.map(({ make }) => make) }
}
