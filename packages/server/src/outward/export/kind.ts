import type { NewExport } from '@mason/contract/export'
import type { Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

export type Kind = NewExport['kind']
export type Filters = Omit<NewExport, 'kind' | 'format'>

/** What is read for an export of a kind. */
export interface Source {
  /** FROM and WHERE: the items. */
  items: Sql
  /** As many as there are items, where these are cheaper to count. */
  counted?: Sql
  /** What they are ordered by. */
  order: Sql
  /** An item as a line of NDJSON. */
  document: Sql
  /** An item as a row of CSV: the columns in their order, each with its name in the header. */
  columns(tx: Db): Record<string, Sql> | Promise<Record<string, Sql>>
}
