import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import sql from 'sql-template-tag'
import type { Db } from './database.ts'

const folder = new URL('../../../sql/', import.meta.url)

/** A view, function or trigger: `sql/` has the one current text of each. */
export interface Definition {
  /** `VIEW sim_document`, `FUNCTION new_id` or `TRIGGER tie_sims ON device`. */
  name: string
  /** What precedes it in its file, for readers. */
  comment: string
  text: string
  hash: string
}

export interface Definitions {
  list: Definition[]
  /** Rises with every release that changes a definition. */
  revision: number
}

/** @returns every definition, each after those that it uses. */
export async function readDefinitions(): Promise<Definitions> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql') && name !== 'schema.sql').sort()
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))
  const { revision } = JSON.parse(await readFile(new URL('revision.json', folder), 'utf8')) as { revision: number }
  const list = texts.flatMap(parse)
  // One would be put in the place of the other at every start, without an end.
  const twice = list.find(({ name }, index) => list.findIndex((other) => other.name === name) !== index)
  if (twice) throw new Error(`sql/ has two definitions of ${twice.name}: give each a name of its own`)
  return { list: inOrderOfUse(list), revision }
}

/** A file is a list of paragraphs: an empty line stands between two definitions, and never inside one. */
function parse(file: string): Definition[] {
  return file
    .trim()
    .split(/\n{2,}/)
    .flatMap((paragraph) => {
      const [, comment = '', text = ''] = /^((?:--.*(?:\n|$))*)([\s\S]*)$/.exec(paragraph) ?? []
      return text === '' ? [] : [{ name: nameOf(text), comment, text, hash: hash('sha256', text, 'base64') }]
    })
}

function nameOf(text: string): string {
  const [, kind, name] = /^CREATE OR REPLACE (VIEW|FUNCTION|TRIGGER) (\w+)/.exec(text) ?? []
  if (!kind) throw new Error(`This is no CREATE OR REPLACE of a view, function or trigger: ${text.slice(0, 100)}`)
  const [, table] = kind === 'TRIGGER' ? (/\bON (\w+)/.exec(text) ?? []) : []
  return table ? `${kind} ${name} ON ${table}` : `${kind} ${name}`
}

function inOrderOfUse(list: Definition[]): Definition[] {
  const used = new Map(
    list.filter(({ name }) => !name.startsWith('TRIGGER')).map((one) => [one.name.split(' ')[1], one]),
  )
  const ordered = new Set<Definition>()
  const visited = new Set<Definition>()
  const visit = (definition: Definition) => {
    if (visited.has(definition)) return
    visited.add(definition)
    for (const word of definition.text.replaceAll(/--.*/g, '').match(/\w+/g) ?? []) {
      const other = used.get(word)
      if (other) visit(other)
    }
    ordered.add(definition)
  }
  list.forEach(visit)
  return [...ordered]
}

/** Whether the database has these definitions; those of a newer program, which may run beside this one, do as well. */
export async function hasDefinitions(database: Db, { list, revision }: Definitions): Promise<boolean> {
  const applied = await readApplied(database)
  return applied.revision > revision || list.every(({ name, hash }) => applied.hashes.get(name) === hash)
}

/**
 * Replaces the definitions that changed and makes those that are missing. A definition is replaced in place, so that programs
 * that use it go on: PostgreSQL refuses that where the columns of a view or the arguments or result of a function become
 * others. A migration then drops it first; one that drops a table, or removes a definition, does that as well.
 */
export async function applyDefinitions(tx: Db, { list, revision }: Definitions): Promise<void> {
  const applied = await readApplied(tx)
  if (applied.revision > revision) return
  const present = await readPresent(tx)
  for (const { name, text, hash } of list) {
    if (applied.hashes.get(name) === hash && present.has(name)) continue
    await tx.query({ text, values: [], name: '' })
    await tx.query(sql`
      INSERT INTO sql_definition (name, hash) VALUES (${name}, ${hash})
      ON CONFLICT (name) DO UPDATE SET hash = excluded.hash`)
  }
  await tx.query(sql`DELETE FROM sql_definition WHERE name <> ALL (${list.map(({ name }) => name)})`)
  await tx.query(sql`UPDATE sql_definition SET revision = ${revision} WHERE revision <> ${revision}`)
}

async function readApplied(db: Db): Promise<{ hashes: Map<string, string>; revision: number }> {
  const { rows } = await db.query<{ name: string; hash: string; revision: number }>(
    sql`SELECT name, hash, revision FROM sql_definition`,
  )
  return {
    hashes: new Map(rows.map(({ name, hash }) => [name, hash])),
    revision: Math.max(0, ...rows.map(({ revision }) => revision)),
  }
}

async function readPresent(tx: Db): Promise<Set<string>> {
  const { rows } = await tx.query<{ name: string }>(sql`
    SELECT 'VIEW ' || relname AS name FROM pg_class
    WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'FUNCTION ' || proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'TRIGGER ' || tgname || ' ON ' || relname FROM pg_trigger JOIN pg_class AS t ON t.oid = tgrelid
    WHERE NOT tgisinternal AND tgparentid = 0 AND relnamespace = current_schema()::regnamespace`)
  return new Set(rows.map(({ name }) => name))
}
