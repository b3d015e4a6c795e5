import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import { horizon } from '../event/service.ts'
import { eventCondition } from './filter.ts'
import { patternsOf } from './patterns.ts'
import { sourceOf } from './source.ts'

interface Replaying {
  accountId: string
  webhookId: string
  since: string
  until: string
  types?: string[]
  failed: boolean
  /** The event up to which it is done. */
  after: string
}

/** Delivers the events of a time once more: a portion, and asks for the next one in the same transaction. */
export const replay: Task<Replaying> = {
  name: 'replay-webhook',
  run: async (db, replaying) => {
    const end = await horizon(db)
    await db.transaction(async (tx) => {
      const last = await replayPortion(tx, replaying, end)
      if (last !== undefined) await enqueue(tx, replay, { ...replaying, after: last })
    })
  },
}

/** @returns the last event that was looked at; undefined when there are no more. */
async function replayPortion(tx: Db, replaying: Replaying, end: string): Promise<string | undefined> {
  const { accountId, webhookId, since, until, failed, after } = replaying
  const { rows: webhooks } = await tx.query<{ types: string[]; filter: string | null }>(sql`
    SELECT types, filter FROM webhook WHERE account_id = ${accountId} AND id = ${webhookId} AND is_enabled AND deleted_at IS NULL`)
  const [webhook] = webhooks
  if (!webhook) return undefined
  const types = replaying.types ?? webhook.types
  const { exact, starts } = patternsOf(types)
  const source = sourceOf(types)
  const next = (state: 'failed' | 'waiting') => sql`
    (SELECT account_id, event_id FROM webhook_delivery
     WHERE account_id = ${accountId} AND webhook_id = ${webhookId} AND state = ${state} AND event_id > ${after}
     ORDER BY event_id LIMIT ${portion})`
  const events = failed
    ? sql`
      SELECT d.event_id AS id, e.type, e.time, e.subject, e.device_id
      FROM (${next('failed')} UNION ALL ${next('waiting')} ORDER BY event_id LIMIT ${portion}) AS d
      -- What is not of the source is passed over, and counts as looked at.
      LEFT JOIN ${source} AS e ON e.account_id = d.account_id AND e.id = d.event_id`
    : sql`
      SELECT id, type, time, subject, device_id FROM ${source} AS e WHERE account_id = ${accountId} AND id > ${after} AND id < ${end}
      ORDER BY id LIMIT ${portion}`
  const { rows } = await tx.query<{ last: string | null; seen: number }>(sql`
    WITH seen AS MATERIALIZED (${events}),
    again AS (
      INSERT INTO webhook_delivery AS d (account_id, webhook_id, event_id, event_type)
      SELECT ${accountId}, ${webhookId}, id, type FROM seen
      WHERE time >= ${since}::timestamptz AND time < ${until}::timestamptz
        AND (type = ANY (${exact}::text[]) OR type ^@ ANY (${starts}::text[])) AND type <> 'webhook.test' ${eventCondition(accountId, webhook.filter)}
      ON CONFLICT (account_id, webhook_id, event_id) DO UPDATE SET state = 'waiting', due_at = now(), tries = 0)
    SELECT max(id) AS last, count(*)::int AS seen FROM seen`)
  const [{ last = null, seen = 0 } = {}] = rows
  return seen === portion && last !== null ? last : undefined
}
