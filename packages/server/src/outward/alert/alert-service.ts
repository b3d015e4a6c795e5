import type { AlertChange, AlertQuery } from '@mason/contract/alert'
import sql, { empty, join } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { lockAlerts, readRule } from './rule.ts'
import { callForMail } from './write.ts'

export function list(db: Db, actor: Actor, query: AlertQuery): Promise<Page> {
  const { state, rule, device, severity } = query
  const conditions = []
  if (state !== undefined) conditions.push(sql`state = ${state}`)
  if (rule !== undefined) conditions.push(sql`rule_id = ${rule}`)
  if (device !== undefined) conditions.push(sql`device_id = ${device}`)
  if (severity !== undefined) conditions.push(sql`severity = ${severity}`)
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  return readPage(
    db,
    { view: 'alert_document', key: 'id', keyType: 'uuid', reach: actor, where, isOrdered: true },
    query,
  )
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'alert', 'alert_document', { id })
}

/** From counters that every alert keeps up. */
export async function count(db: Db, { accountId }: Actor): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT json_build_object(
      'open', coalesce(max(value) FILTER (WHERE key = 'open'), 0),
      'acknowledged', coalesce(max(value) FILTER (WHERE key = 'acknowledged'), 0),
      'critical', coalesce(max(value) FILTER (WHERE key = 'critical'), 0))::text AS document
    FROM counter_total WHERE account_id = ${accountId} AND kind = 'alerts'`)
  return rows[0]?.document ?? '{}'
}

/** One that is resolved by hand stands until its condition is over: the rule does not open it again at once. */
export async function change(db: Db, actor: Actor, id: string, { state, note }: AlertChange): Promise<string> {
  return db.transaction(async (tx) => {
    await get(tx, actor, id)
    await lockAlerts(tx, actor.accountId)
    wasBefore(tx, await get(tx, actor, id))
    const { rows } = await tx.query<{ was: string; ruleId: string }>(sql`
      SELECT state AS was, rule_id AS "ruleId" FROM alert WHERE account_id = ${actor.accountId} AND id = ${id} FOR NO KEY UPDATE`)
    const [alert] = rows
    if (alert?.was === 'resolved')
      throw new AppError('conflict_error', 'The alert is resolved: a resolved alert cannot be changed')
    await tx.query(sql`
      WITH changed AS (
        UPDATE alert SET state = ${state}, note = coalesce(${note || null}, note), ${by(actor, state)}
        WHERE account_id = ${actor.accountId} AND id = ${id} RETURNING alert AS a)
      SELECT record_events(array_agg(ROW((a).account_id, ${`alert.${state}`}, ${actorDocument(actor)},
        jsonb_build_object('kind', 'alert', 'id', (a).id), (a).device_id,
        alert_event_data(a) || jsonb_strip_nulls(jsonb_build_object('note', ${note || null}::text)))::new_event))
      FROM changed`)
    const rule = state === 'resolved' && alert ? await readRule(tx, actor.accountId, alert.ruleId) : undefined
    if (rule?.hasMail) await callForMail(tx, rule)
    return get(tx, actor, id)
  })
}

const by = (actor: Actor, state: AlertChange['state']) =>
  state === 'resolved'
    ? sql`resolved_at = clock_timestamp(), resolved_by = ${actorDocument(actor)}::jsonb, ends_at = NULL`
    : sql`acknowledged_at = clock_timestamp(), acknowledged_by = ${actorDocument(actor)}::jsonb`
