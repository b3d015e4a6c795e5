import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { Item, JobKey, Outcome } from './job.ts'

export interface Counted {
  later: number
}

/** Writes down what became of a portion, in the transaction that changed it. */
export async function settle(
  tx: Db,
  { accountId, id }: JobKey,
  items: readonly Item[],
  outcomes: readonly Outcome[],
): Promise<Counted> {
  const settled = items.map((item, index) => ({ item, outcome: outcomes[index] ?? 'later' }))
  const later = settled.flatMap(({ item, outcome }) => (outcome === 'later' ? [item] : []))
  const failed = settled.flatMap(({ item, outcome }) =>
    typeof outcome === 'string' ? [] : [{ ...item, ...outcome, subject: outcome.subject ?? item.subject }],
  )
  const over = settled.flatMap(({ item, outcome }) => (outcome !== 'later' && item.id !== undefined ? [item.id] : []))
  if (over.length > 0)
    await tx.query(sql`
      DELETE FROM job_item WHERE account_id = ${accountId} AND job_id = ${id} AND id = ANY (${over}::bigint[])`)
  await addItems(
    tx,
    { accountId, id },
    later.filter((item) => item.id === undefined),
  )
  await addFailures(tx, { accountId, id }, failed)
  const done = items.length - later.length - failed.length
  if (done + failed.length > 0)
    await tx.query(sql`
      UPDATE job SET done = done + ${done}, failed = failed + ${failed.length} WHERE account_id = ${accountId} AND id = ${id}`)
  return { later: later.length }
}

/** Adds what is still to be done, in this order. */
export async function addItems(tx: Db, { accountId, id }: JobKey, items: readonly Omit<Item, 'id'>[]): Promise<void> {
  if (items.length === 0) return
  await tx.query(sql`
    INSERT INTO job_item (account_id, job_id, line, subject, input)
    SELECT ${accountId}, ${id}, i.line, i.subject, i.input
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(items)}) AS (line int, subject text, input jsonb)) WITH ORDINALITY
      AS i (line, subject, input, place)
    ORDER BY i.place`)
}

/** Adds what was refused, in this order; it is not counted yet. */
export async function addFailures(
  tx: Db,
  { accountId, id }: JobKey,
  failures: readonly (Omit<Item, 'id'> & { reason: string })[],
): Promise<void> {
  if (failures.length === 0) return
  await tx.query(sql`
    INSERT INTO job_failure (account_id, job_id, line, subject, input, reason)
    SELECT ${accountId}, ${id}, f.line, f.subject, f.input, f.reason
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(failures)}) AS (line int, subject text, input jsonb, reason text))
      WITH ORDINALITY AS f (line, subject, input, reason, place)
    ORDER BY f.place`)
}
