import { type AlertConditionName, type AlertSeverity, alertCondition } from '@mason/contract/alert-condition'
import type { NotificationType } from '@mason/contract/notification'
import sql, { join, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** What a rule watches. */
export interface Watched {
  accountId: string
  condition: AlertConditionName
  below: number | null
  percent: number | null
  notificationType: NotificationType | null
  filter: string | null
}

/** A rule as it is judged by. */
export interface Rule extends Watched {
  id: string
  /** The kind of its subjects. */
  kind: string
  severity: AlertSeverity
  /** For how long its condition must have held before an alert opens, and must have been over before it ends. */
  forMinutes: number
  lingerMinutes: number
  /** Whether it is watched; otherwise its alerts end. */
  isLive: boolean
  hasMail: boolean
}

/** An alert lingers for so long, or for as long as its condition had to hold, if that is less. */
const mostLingerMinutes = 5

/** A rule whose walk begins at once, and from the start: what it watches has changed. */
export const walkAnew = sql`look_at = now(), walk_began_at = NULL, is_at_alerts = false, walked_through = NULL`

/** Lets one transaction at a time judge the rules of an account, or change them. */
export async function lockAlerts(tx: Db, accountId: string): Promise<void> {
  await tx.query(sql`SELECT FROM alert_follower WHERE account_id = ${accountId} FOR NO KEY UPDATE`)
}

/** The rules of an account that meet these conditions, in the order of their ids; read behind the lock. */
export async function readRules(tx: Db, accountId: string, ...conditions: Sql[]): Promise<Rule[]> {
  const { rows } = await tx.query<Omit<Rule, 'kind' | 'lingerMinutes'>>(sql`
    SELECT account_id AS "accountId", id, condition, below, percent, notification_type AS "notificationType", filter, severity,
           for_minutes AS "forMinutes", is_enabled AND deleted_at IS NULL AS "isLive", emails <> '{}' AS "hasMail"
    FROM alert_rule WHERE account_id = ${accountId} AND ${join(conditions, ' AND ')} ORDER BY id`)
  return rows.map((rule) => ({
    ...rule,
    kind: alertCondition(rule.condition).subject,
    lingerMinutes: rule.isLive ? Math.min(rule.forMinutes, mostLingerMinutes) : 0,
  }))
}

export async function readRule(tx: Db, accountId: string, id: string): Promise<Rule | undefined> {
  const [rule] = await readRules(tx, accountId, sql`id = ${id}`)
  return rule
}
