import { type AlertConditionName, type AlertParameter, alertCondition } from '@mason/contract/alert-condition'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { filterOf } from './conditions.ts'

type Parameters = Partial<Readonly<Record<AlertParameter | 'filter', unknown>>>

const parameters = ['below', 'percent', 'notificationType'] as const satisfies AlertParameter[]
const isGiven = (value: unknown) => value !== undefined && value !== null

/**
 * Refuses parameters that do not go with the condition, a missing one, and a filter that cannot be read. A misspelled filter must not
 * mean that nothing is ever told.
 */
export function checkWatched(condition: AlertConditionName, given: Parameters): void {
  const { needs, takes, subject } = alertCondition(condition)
  for (const name of parameters)
    if (isGiven(given[name]) && name !== needs && name !== takes)
      throw invalid(`/${name}`, `does not go with the condition ${condition}`)
  if (needs !== undefined && !isGiven(given[needs]))
    throw invalid(`/${needs}`, `is missing: the condition ${condition} needs it`)
  if (!isGiven(given.filter)) return
  if (subject !== 'device' && subject !== 'sim')
    throw invalid('/filter', `does not go with the condition ${condition}: it is about no device or SIM`)
  filterOf(condition, String(given.filter))
}

/** @throws AppError when one of the webhooks that are told is not there. */
export async function requireWebhooks(tx: Db, accountId: string, ids: readonly string[] = []): Promise<void> {
  const { rows } = await tx.query<{ index: number; id: string }>(sql`
    SELECT index::int - 1 AS index, id FROM unnest(${[...ids]}::uuid[]) WITH ORDINALITY AS given (id, index)
    WHERE NOT EXISTS (SELECT FROM webhook AS w WHERE w.account_id = ${accountId} AND w.id = given.id AND w.deleted_at IS NULL)
    ORDER BY index`)
  if (rows[0]) throw new AppError('not_found_error', `There is no such webhook: ${rows[0].id}`)
}
