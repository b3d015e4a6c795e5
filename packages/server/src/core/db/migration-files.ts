import { readdir, readFile } from 'node:fs/promises'
import { type Definitions, readDefinitions } from './definitions.ts'

const folder = new URL('../../../migrations/', import.meta.url)

/**
 * How a migration runs, by the name of its file: `NNNN_name.sql` in a transaction; `NNNN_name.concurrent.sql` outside of any,
 * for indexes; `NNNN_name.portions.sql` again and again until it changes no row; `NNNN_name.contract.sql` in a transaction, once
 * all before it is done.
 */
type MigrationKind = 'plain' | 'concurrent' | 'portions' | 'contract'

export interface Migration {
  version: number
  name: string
  kind: MigrationKind
  text: string
}

/** What a program makes of a database. */
export interface Schema {
  migrations: Migration[]
  definitions: Definitions
}

const form = /^(\d{4})_\w+(?:\.(concurrent|portions|contract))?\.sql$/

export async function readSchema(): Promise<Schema> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    names.map(async (name) => newMigration(name, await readFile(new URL(name, folder), 'utf8'))),
  )
  const twice = migrations.find(({ version }, index) => version === migrations[index - 1]?.version)
  if (twice) throw new Error(`The number of the migration ${twice.name} is that of the one before it`)
  return { migrations, definitions: await readDefinitions() }
}

export function newMigration(name: string, text: string): Migration {
  const [, number, kind = 'plain'] = form.exec(name) ?? []
  if (number === undefined) throw new Error(`${name} is no name of a migration`)
  return { version: Number(number), name, kind: kind as MigrationKind, text }
}

/** The statements of a file; an empty line stands between two of them. */
export const statementsOf = ({ text }: Migration): string[] =>
  text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/^--.*\n?/gm, '').trim())
    .filter((statement) => statement !== '')
