import sql from 'sql-template-tag'
import type { Db } from './database.ts'

/**
 * For the rest of the transaction, PostgreSQL reads no table from its beginning where an index leads to what is wanted. For statements
 * that it would plan otherwise while it knows little of the table.
 */
export const preferIndexes = (tx: Db) => tx.query(sql`SELECT set_config('enable_seqscan', 'off', true)`)

/**
 * For the rest of the transaction, PostgreSQL sorts nothing where an index has the order. For statements that it would plan by another
 * index while it believes that there is next to nothing to sort.
 */
export const preferOrder = (tx: Db) => tx.query(sql`SELECT set_config('enable_sort', 'off', true)`)
