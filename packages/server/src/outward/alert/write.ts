import sql, { type Sql } from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Db } from '../../core/db/database.ts'
import type { Holding } from './holding.ts'
import type { Rule } from './rule.ts'
import type { Transitions } from './transition.ts'

/** What is held back waits for so long at least. */
const leastWaitMinutes = 1
/** A mail gathers what opens within so many seconds, and comes no sooner than so many after the one before. */
const gatherSeconds = 10
const betweenMailsSeconds = 60

/** Writes what became of subjects of a rule, with its events. */
export async function write(tx: Db, rule: Rule, to: Transitions): Promise<void> {
  const { accountId, id: ruleId, forMinutes, lingerMinutes } = rule
  const waitMinutes = Math.max(forMinutes, leastWaitMinutes)
  const subjectsOf = (list: string[]) =>
    sql`account_id = ${accountId} AND rule_id = ${ruleId} AND subject_id = ANY (${list}::text[])`
  if (to.drop.length > 0) await tx.query(sql`DELETE FROM alert_candidate WHERE ${subjectsOf(to.drop)}`)
  if (to.wait.length > 0)
    await tx.query(sql`
      INSERT INTO alert_candidate (account_id, rule_id, subject_id, due_at)
      SELECT ${accountId}, ${ruleId}, subject, now() + make_interval(mins => ${waitMinutes}) FROM unnest(${to.wait}::text[]) AS subject`)
  const change = async (ids: string[], set: Sql) => {
    if (ids.length === 0) return
    await tx.query(sql`UPDATE alert SET ${set} WHERE account_id = ${accountId} AND id = ANY (${ids}::uuid[])`)
  }
  await change(to.stay, sql`ends_at = NULL`)
  await change(to.release, sql`is_standing = false, ends_at = NULL`)
  await change(to.linger, sql`ends_at = now() + make_interval(secs => ${60 * lingerMinutes})`)
  await renew(tx, accountId, to.renew)
  await resolve(tx, accountId, to.resolve)
  await open(tx, rule, to.open)
  if (rule.hasMail && rule.isLive && to.open.length + to.resolve.length > 0) await callForMail(tx, rule)
}

async function renew(tx: Db, accountId: string, alerts: Transitions['renew']): Promise<void> {
  if (alerts.length === 0) return
  await tx.query(sql`
    UPDATE alert AS a SET occasion = r.occasion, data = r.data
    FROM jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb) AS r (id uuid, occasion text, data jsonb)
    WHERE a.account_id = ${accountId} AND a.id = r.id`)
}

async function resolve(tx: Db, accountId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.query(sql`
    WITH resolved AS (
      UPDATE alert SET state = 'resolved', resolved_at = clock_timestamp(), is_standing = false, ends_at = NULL
      WHERE account_id = ${accountId} AND id = ANY (${ids}::uuid[]) RETURNING alert AS a)
    SELECT record_events(array_agg(ROW((a).account_id, 'alert.resolved', '{"kind": "system"}',
      jsonb_build_object('kind', 'alert', 'id', (a).id), (a).device_id, alert_event_data(a))::new_event ORDER BY (a).id))
    FROM resolved`)
}

async function open(tx: Db, { accountId, id, kind, severity }: Rule, found: Holding[]): Promise<void> {
  if (found.length === 0) return
  const alerts = found.map((one) => ({ ...one, device: kind === 'device' ? one.subject : one.device, id: uuidv7() }))
  await tx.query(sql`
    WITH opened AS (
      INSERT INTO alert (account_id, id, rule_id, subject_kind, subject_id, device_id, severity, occasion, data)
      SELECT ${accountId}, id, ${id}, ${kind}, subject, device, ${severity}, occasion, data
      FROM jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb)
        AS o (id uuid, subject text, device uuid, occasion text, data jsonb) ORDER BY id
      RETURNING alert AS a)
    SELECT record_events(array_agg(ROW((a).account_id, 'alert.opened', '{"kind": "system"}',
      jsonb_build_object('kind', 'alert', 'id', (a).id), (a).device_id,
      alert_event_data(a) || jsonb_build_object('found', jsonb_strip_nulls((a).data)))::new_event ORDER BY (a).id))
    FROM opened`)
}

/** Has a mail written that tells of what has changed, unless one is due already. */
export async function callForMail(tx: Db, { accountId, id }: Pick<Rule, 'accountId' | 'id'>): Promise<void> {
  await tx.query(sql`
    UPDATE alert_rule SET mail_due_at = greatest(
      now() + make_interval(secs => ${gatherSeconds}), mailed_at + make_interval(secs => ${betweenMailsSeconds}))
    WHERE account_id = ${accountId} AND id = ${id} AND mail_due_at IS NULL`)
}
