import { hash } from 'node:crypto'
import type pg from 'pg'
import type { Definition } from '../src/core/db/definitions.ts'
import { schemaText, triggersText } from './schema-text.ts'

const root = new URL('../../../', import.meta.url)
export const revisionFile = new URL('packages/server/sql/revision.json', root)

/** What `npm run schema` writes from a migrated database. */
export const generated: { name: string; text: (db: pg.Pool) => Promise<string> }[] = [
  { name: 'packages/server/sql/schema.sql', text: schemaText },
  { name: 'docs/triggers.md', text: triggersText },
]
export const fileOf = ({ name }: { name: string }): URL => new URL(name, root)

/** Another one for every change of a definition. */
export const fingerprint = (list: Definition[]): string =>
  hash(
    'sha256',
    list
      .map(({ name, hash }) => `${name} ${hash}`)
      .sort()
      .join('\n'),
  )
