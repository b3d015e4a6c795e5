import type { ArtifactType } from '@mason/contract/artifact'
import type { PageQuery } from '@mason/contract/common'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { notFound } from '../../core/errors.ts'
import { type Page, readPage } from '../../core/http/page.ts'

/** What names one version of an artifact. */
export interface ArtifactKey {
  type: string
  name: string
  version: string
}

interface Filter {
  type?: ArtifactType
  /** Start of the name. */
  n?: string
}

export function list(db: Db, actor: Actor, { type, n, ...query }: PageQuery & Filter): Promise<Page> {
  const ofType = type === undefined ? empty : sql`AND type = ${type}`
  const named = n === undefined ? empty : sql`AND search_text(name) LIKE search_text(${beginningWith(n)})`
  const isFiltered = type !== undefined || n !== undefined
  return readArtifacts(db, actor, query, isFiltered ? sql`${ofType} ${named}` : undefined)
}

/** @throws AppError when nothing is registered under this name. */
export async function listVersions(
  db: Db,
  actor: Actor,
  { type, name }: Omit<ArtifactKey, 'version'>,
  query: PageQuery,
): Promise<Page> {
  const page = await readArtifacts(db, actor, query, sql`AND type = ${type} AND name = ${name}`)
  if (page.documents.length === 0 && page.previous === undefined && page.next === undefined) throw notFound('artifact')
  return page
}

const readArtifacts = (db: Db, actor: Actor, query: PageQuery, where?: Sql) =>
  readPage(db, { view: 'artifact_document', key: 'id', keyType: 'uuid', reach: actor, ...(where && { where }) }, query)

/** The documents of all versions; none for a name that nobody registered. */
export async function allVersions(db: Db, actor: Actor, type: string, name: string): Promise<string[]> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT document FROM artifact_document
    WHERE account_id = ${actor.accountId} AND type = ${type} AND name = ${name} ORDER BY id`)
  return rows.map(({ document }) => document)
}

export interface Stored {
  document: string
  sha256: string
  size: number
}

export async function get(db: Db, actor: Actor, { type, name, version }: ArtifactKey): Promise<Stored> {
  const { rows } = await db.query<Stored>(sql`
    SELECT document, sha256, size FROM artifact_document
    WHERE account_id = ${actor.accountId} AND type = ${type} AND name = ${name} AND version = ${version}`)
  if (!rows[0]) throw notFound('artifact')
  return rows[0]
}
