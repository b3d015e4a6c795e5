import sql, { empty, raw } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { conditionOf } from './conditions.ts'
import type { Watched } from './rule.ts'

/** A subject for which the condition of a rule holds. */
export interface Holding {
  subject: string
  device: string | null
  occasion: string | null
  data: object
}

/** For which of these subjects the condition of a rule holds now; each is looked up by its key. */
export async function findHolding(tx: Db, rule: Watched, subjects: readonly string[]): Promise<Holding[]> {
  const condition = conditionOf(rule)
  if (!condition || subjects.length === 0) return []
  const { table, beside, key, keyType, account, holds, device, occasion, data } = condition
  const { rows } = await tx.query<Holding>(sql`
    SELECT looked.id::text AS subject, found.device, found.occasion, found.data
    FROM unnest(${[...subjects]}::${keyType}[]) AS looked (id)
    CROSS JOIN LATERAL (
      SELECT ${device ?? sql`NULL`}::text AS device, ${occasion ?? sql`NULL`}::text AS occasion, ${data} AS data
      FROM ${raw(table)} ${beside} WHERE ${account} = ${rule.accountId} AND ${key} = looked.id AND ${holds} OFFSET 0) AS found`)
  return rows
}

/**
 * The next subjects that the condition of a rule may hold for, in the order of their keys; one may be there twice, as a SIM with two
 * months. None where only events tell.
 */
export async function nextSubjects(tx: Db, rule: Watched, through: string | null, most: number): Promise<string[]> {
  const condition = conditionOf(rule)
  if (!condition?.source) return []
  const { keyType, source } = condition
  const { table, key, where } = source
  const { rows } = await tx.query<{ key: string }>(sql`
    SELECT ${key}::text AS key FROM ${table}
    WHERE account_id = ${rule.accountId} ${where ? sql`AND ${where}` : empty}
      ${through === null ? empty : sql`AND ${key} > ${through}::${keyType}`}
    ORDER BY ${key} LIMIT ${most}`)
  return rows.map((row) => row.key)
}
