import { parseTime } from '@mason/contract/time'
import type { DeliveryQuery, Replay } from '@mason/contract/webhook'
import sql, { empty } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { enqueue } from '../../core/jobs/queue.ts'
import { replay } from './replay.ts'
import { get as getWebhook, refuseUnknownTypes, requireForAudit } from './service.ts'

export async function list(db: Db, actor: Actor, id: string, { state, ...query }: DeliveryQuery): Promise<Page> {
  await getWebhook(db, actor, id)
  const where = sql`AND webhook_id = ${id} ${state === undefined ? empty : sql`AND state = ${state}`}`
  return readPage(
    db,
    {
      view: 'webhook_delivery_document',
      key: 'event_id',
      keyType: 'text',
      reach: actor,
      where,
      isOrdered: true,
    },
    query,
  )
}

/** A delivery is known by its webhook and its event. */
function keyOf(id: string): { webhookId: string; eventId: string } {
  const [webhookId = '', eventId = ''] = id.split('.')
  if (!isUuid(webhookId)) throw notFound('delivery')
  return { webhookId, eventId }
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  const { webhookId, eventId } = keyOf(id)
  return readOne(db, actor, 'delivery', 'webhook_delivery_document', { webhook_id: webhookId, event_id: eventId })
}

/** Has a test event delivered, to this webhook alone. */
export async function test(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await requireEnabled(tx, actor, id)
    await record(tx, actor, { type: 'webhook.test', subject: { kind: 'webhook', id } })
    const { rows } = await tx.query<{ eventId: string }>(sql`
      INSERT INTO webhook_delivery (account_id, webhook_id, event_id, event_type)
      VALUES (${actor.accountId}, ${id}, last_event_id(), 'webhook.test') RETURNING event_id AS "eventId"`)
    return get(tx, actor, `${id}.${rows[0]?.eventId}`)
  })
}

/** Delivers once more, at once and with all attempts anew. */
export async function replayOne(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await get(tx, actor, id)
    const { webhookId, eventId } = keyOf(id)
    await requireEnabled(tx, actor, webhookId)
    await tx.query(sql`
      UPDATE webhook_delivery SET state = 'waiting', due_at = now(), tries = 0
      WHERE account_id = ${actor.accountId} AND webhook_id = ${webhookId} AND event_id = ${eventId}`)
    return get(tx, actor, id)
  })
}

/** Has the events of a time delivered once more. */
export async function replayAll(db: Db, actor: Actor, id: string, wanted: Replay): Promise<string> {
  const { since, until = new Date().toISOString(), types, failed = false } = wanted
  const [from, to] = [parseTime(since), parseTime(until)]
  if (!from || !to || from >= to) throw invalid('/until', 'must be later than since')
  refuseUnknownTypes(types)
  requireForAudit(actor, types ?? [])
  const range = { since: from.toISOString(), until: to.toISOString() }
  await db.transaction(async (tx) => {
    await requireEnabled(tx, actor, id)
    const { accountId } = actor
    await enqueue(tx, replay, { accountId, webhookId: id, ...range, ...(types && { types }), failed, after: '' })
  })
  return JSON.stringify({ ...range, ...(types && { types }), failed })
}

async function requireEnabled(tx: Db, actor: Actor, id: string): Promise<void> {
  const document = await getWebhook(tx, actor, id)
  if (JSON.parse(document).enabled !== true)
    throw new AppError('conflict_error', 'The webhook is disabled: enable it first')
}
