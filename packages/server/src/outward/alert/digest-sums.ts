import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { lowestId } from '../../core/jobs/delete-old.ts'
import { type Told, toldColumns } from './told.ts'

interface RollOut {
  id: string
  name: string
  version: string
  /** Null where it is for a view. */
  group: string | null
  state: string
  reason: string | null
}

/** What a digest says of an account. */
export interface Sums {
  devices: number
  online: number
  outOfDate: number
  /** Alerts that are not resolved, and those that opened since the last digest. */
  alerts: number
  opened: number
  latest: Told[]
  rollOuts: RollOut[]
  used: number
  allowance: number
}

const listed = 10
const counted = 10_000

/** Sums an account up: from counters, and the first few of each list. It costs the same at any size. */
export async function readSums(tx: Db, accountId: string, days: number): Promise<Sums> {
  const { rows } = await tx.query<Omit<Sums, 'latest' | 'rollOuts'>>(sql`
    WITH counted AS (
      SELECT kind, key, value FROM counter_total
      WHERE account_id = ${accountId} AND kind IN ('devices', 'online', 'outOfDate', 'alerts'))
    SELECT coalesce(max(value) FILTER (WHERE kind = 'devices'), 0)::float8 AS devices,
      coalesce(max(value) FILTER (WHERE kind = 'online'), 0)::float8 AS online,
      coalesce(max(value) FILTER (WHERE kind = 'outOfDate'), 0)::float8 AS "outOfDate",
      coalesce(sum(value) FILTER (WHERE kind = 'alerts' AND key IN ('open', 'acknowledged')), 0)::float8 AS alerts,
      (SELECT count(*)::int FROM (
        SELECT FROM alert WHERE account_id = ${accountId} AND id > ${lowestId(sql`now() - make_interval(days => ${days})`)} LIMIT ${counted}) AS news) AS opened,
      (SELECT coalesce(sum(upload + download), 0)::float8 FROM usage_account_day
       WHERE account_id = ${accountId} AND day >= month_start() AND day < month_start() + interval '1 month') AS used,
      (SELECT allowance::float8 FROM subscription_setting WHERE account_id = ${accountId}) AS allowance
    FROM counted`)
  const { rows: latest } = await tx.query<Told>(sql`
    SELECT ${toldColumns}
    FROM (SELECT * FROM alert WHERE account_id = ${accountId} AND state = 'open' ORDER BY id DESC LIMIT ${listed}) AS a
    JOIN alert_rule AS r ON r.account_id = a.account_id AND r.id = a.rule_id ORDER BY a.id DESC`)
  const ofState = (state: 'paused' | 'running') => sql`
    (SELECT id, name, version, group_name AS "group", state, reason FROM deployment
     WHERE account_id = ${accountId} AND state = ${state} ORDER BY id DESC LIMIT ${listed})`
  const { rows: rollOuts } = await tx.query<RollOut>(sql`${ofState('paused')} UNION ALL ${ofState('running')}`)
  const none = { devices: 0, online: 0, outOfDate: 0, alerts: 0, opened: 0, used: 0, allowance: 0 }
  return { ...none, ...rows[0], latest, rollOuts }
}
