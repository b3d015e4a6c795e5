import type { AlertPreview, AlertRuleChange, NewAlertRule } from '@mason/contract/alert-rule'
import type { PageQuery } from '@mason/contract/common'
import sql, { raw } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { countMatches } from '../../core/filter/count.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { checkWatched, requireWebhooks } from './check-rule.ts'
import { conditionOf } from './conditions.ts'
import { lockAlerts, readRule, type Watched, walkAnew } from './rule.ts'

const mostOfAccount = 100

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'alert_rule_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'alert rule', 'alert_rule_document', { id })
}

export async function create(db: Db, actor: Actor, rule: NewAlertRule): Promise<string> {
  const { accountId } = actor
  const { name, condition, below, percent, notificationType, filter, severity, notify, enabled = true } = rule
  checkWatched(condition, rule)
  const id = uuidv7()
  return db.transaction(async (tx) => {
    await lockAlerts(tx, accountId)
    await refuseTooMany(tx, accountId)
    await requireWebhooks(tx, accountId, notify?.webhooks)
    await tx.query(sql`
      INSERT INTO alert_rule (account_id, id, name, condition, below, percent, notification_type, filter, for_minutes, severity,
        emails, webhooks, is_enabled)
      VALUES (${accountId}, ${id}, ${name}, ${condition}, ${below ?? null}, ${percent ?? null}, ${notificationType ?? null},
        ${filter ?? null}, ${rule.for ?? 0}, ${severity}, ${notify?.emails ?? []}, ${notify?.webhooks ?? []}, ${enabled})`)
    await recordChange(tx, actor, id, name, 'created')
    return get(tx, actor, id)
  })
}

/** Its alerts that the rule as it is now would not raise end with its next walk, which begins at once. */
export async function change(db: Db, actor: Actor, id: string, input: AlertRuleChange): Promise<string> {
  const { accountId } = actor
  const { name, below, percent, notificationType, filter, severity, notify, enabled } = input
  return db.transaction(async (tx) => {
    await get(tx, actor, id)
    await lockAlerts(tx, accountId)
    wasBefore(tx, await get(tx, actor, id))
    const rule = await readRule(tx, accountId, id)
    if (rule) checkWatched(rule.condition, { ...pick(rule), ...given(input) })
    await requireWebhooks(tx, accountId, notify?.webhooks)
    await tx.query(sql`
      UPDATE alert_rule SET
        name = coalesce(${name ?? null}, name), below = coalesce(${below ?? null}::int, below),
        percent = coalesce(${percent ?? null}::int, percent),
        notification_type = CASE WHEN ${notificationType !== undefined} THEN ${notificationType ?? null} ELSE notification_type END,
        filter = CASE WHEN ${filter !== undefined} THEN ${filter ?? null} ELSE filter END,
        for_minutes = coalesce(${input.for ?? null}::int, for_minutes), severity = coalesce(${severity ?? null}, severity),
        emails = CASE WHEN ${notify !== undefined} THEN ${notify?.emails ?? []}::text[] ELSE emails END,
        webhooks = CASE WHEN ${notify !== undefined} THEN ${notify?.webhooks ?? []}::uuid[] ELSE webhooks END,
        is_enabled = coalesce(${enabled ?? null}, is_enabled), is_told_open = is_told_open AND coalesce(${enabled ?? null}, is_enabled),
        ${walkAnew}
      WHERE account_id = ${accountId} AND id = ${id}`)
    const { rows } = await tx.query<{ name: string }>(sql`
      SELECT name FROM alert_rule WHERE account_id = ${accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, rows[0]?.name ?? '', 'updated')
    return get(tx, actor, id)
  })
}

/** The row stays for the alerts that it has raised. */
export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await get(tx, actor, id)
    await lockAlerts(tx, actor.accountId)
    const document = await get(tx, actor, id)
    const { rows } = await tx.query<{ name: string }>(sql`
      UPDATE alert_rule SET deleted_at = now(), mail_due_at = NULL,
        ${walkAnew}
      WHERE account_id = ${actor.accountId} AND id = ${id} RETURNING name`)
    await recordChange(tx, actor, id, rows[0]?.name ?? '', 'deleted')
    return document
  })
}

/** How many subjects the condition of a rule holds for now. */
export async function preview(db: Db, actor: Actor, input: AlertPreview): Promise<string> {
  const { accountId } = actor
  checkWatched(input.condition, input)
  const watched: Watched = { accountId, ...pick(input), condition: input.condition }
  const condition = conditionOf(watched)
  if (!condition) return JSON.stringify({ count: 0, exact: true })
  const { table, beside, account, holds } = condition
  const where = sql`AND EXISTS (SELECT FROM (VALUES (1)) AS once ${beside} WHERE ${holds})`
  if (table === 'device' || table === 'sim') return JSON.stringify(await countMatches(db, table, actor, where))
  const { rows } = await db.query<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM ${raw(table)} WHERE ${account} = ${accountId} ${where}`)
  return JSON.stringify({ count: rows[0]?.count ?? 0, exact: true })
}

type Given = Pick<AlertPreview, 'below' | 'percent' | 'notificationType' | 'filter'>
type Kept = Omit<Watched, 'accountId' | 'condition'>
const pick = ({ below, percent, notificationType, filter }: Given | Kept): Kept => ({
  ...{ below: below ?? null, percent: percent ?? null, notificationType: notificationType ?? null },
  filter: filter ?? null,
})

/** What a change says of what is watched. */
const given = (input: AlertRuleChange) =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))

const recordChange = (tx: Db, actor: Actor, id: string, name: string, what: string) =>
  record(tx, actor, { type: 'alert.rule_changed', subject: { kind: 'alert-rule', id }, data: { name, change: what } })

async function refuseTooMany(tx: Db, accountId: string): Promise<void> {
  const { rows } = await tx.query<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM alert_rule WHERE account_id = ${accountId} AND deleted_at IS NULL`)
  if ((rows[0]?.count ?? 0) >= mostOfAccount)
    throw new AppError('conflict_error', `An account has at most ${mostOfAccount} alert rules: delete one first`)
}
