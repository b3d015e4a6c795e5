import { dayMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { historyDays, method, project } from './forecast/project.ts'

interface Past {
  as_of: string
  allowance: number
  first_day: number
  /** One number a day, up to today. */
  bytes: number[]
}

/** Projects this month's end from the account's daily series. */
export async function forecast(db: Db, actor: Actor): Promise<string> {
  const { rows } = await db.query<Past>(sql`
    SELECT iso_time(now()) AS as_of, allowance, current_date - ${historyDays}::int - '1970-01-01'::date AS first_day,
           (SELECT json_agg(coalesce(upload + download, 0) ORDER BY d.day)
            FROM generate_series(current_date - ${historyDays}::int, current_date, interval '1 day') AS d (day)
            LEFT JOIN usage_account_day AS u ON u.account_id = ${actor.accountId} AND u.day = d.day::date
                                            AND u.day >= current_date - ${historyDays}::int) AS bytes
    FROM subscription_setting WHERE account_id = ${actor.accountId}`)
  if (!rows[0]) throw notFound('account')
  const { as_of: asOf, allowance, first_day: firstDay, bytes } = rows[0]
  const { used, low, expected, high, runsDryOn } = project({ firstDay, bytes }, allowance)
  return JSON.stringify({
    asOf,
    month: asOf.slice(0, 7),
    used,
    allowance,
    projected: { low, expected, high },
    overage: Math.max(0, expected - allowance),
    ...(runsDryOn !== undefined && { runsDryOn: new Date(runsDryOn * dayMs).toISOString().slice(0, 10) }),
    method,
  })
}
