import type { NewExport } from '@mason/contract/export'
import type { Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { deviceSource } from './device.ts'
import { simSource } from './sim.ts'
import { usageSource } from './usage.ts'

export type Kind = NewExport['kind']
export type Filters = Omit<NewExport, 'kind' | 'format'>

/** What is read for an export of a kind. */
export interface Source {
  /** FROM and WHERE: the items. */
  items: Sql
  /** What they are ordered by. */
  order: Sql
  /** An item as a line of NDJSON. */
  document: Sql
  /** An item as a row of CSV: the columns in their order, each with its name in the header. */
  columns(tx: Db): Record<string, Sql> | Promise<Record<string, Sql>>
}

/**
 * How each kind is read; of the filters each looks at its own.
 *
 * @throws AppError when a filter cannot be read.
 */
export const sources: Record<Kind, (accountId: string, filters: Filters) => Source> = {
  device: deviceSource,
  sim: simSource,
  usage: usageSource,
}
