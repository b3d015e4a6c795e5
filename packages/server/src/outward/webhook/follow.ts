import sql from 'sql-template-tag'
import type { Database, Db } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'
import { eventCondition } from './filter.ts'
import { patternsOf } from './patterns.ts'
import { sourceOf } from './source.ts'

/** Events that one transaction passes over; those that it has delivered are a portion. */
const lookedAt = 2_000
/** Webhooks whose turn comes at once. */
const atOnce = 100
/** One whose account is quiet moves along when so many transactions have written events: partitions between are looked into. */
const farBehind = 2 ** 16

interface Follower {
  accountId: string
  id: string
}

/**
 * Gives every committed event its deliveries, as a follower of the order of events: a change itself writes nothing for
 * webhooks. Any number of nodes do it, each for webhooks that no other node has at that moment.
 *
 * @returns whether there are webhooks at all, and whether there may be more to do at once.
 */
export async function follow(db: Database): Promise<{ isAny: boolean; isMore: boolean }> {
  const { rows } = await db.query<{ end: string; earliest: string | null }>(sql`
    SELECT event_horizon() AS "end",
      (SELECT min(position) FROM webhook WHERE is_enabled AND deleted_at IS NULL) AS earliest`)
  const [{ end, earliest } = { end: '', earliest: null }] = rows
  if (earliest === null || earliest >= end) return { isAny: earliest !== null, isMore: false }
  const behind = await findBehind(db, earliest, end)
  let isMore = behind.length === atOnce
  for (const follower of behind) isMore = (await db.transaction((tx) => advance(tx, follower, end))) || isMore
  return { isAny: true, isMore }
}

async function findBehind(db: Db, earliest: string, end: string): Promise<Follower[]> {
  const { rows } = await db.query<Follower>(sql`
    SELECT w.account_id AS "accountId", w.id FROM webhook AS w
    WHERE w.is_enabled AND w.deleted_at IS NULL AND w.position < ${end}
      AND (event_place(w.position) < event_place(${end}) - ${farBehind} OR (
        SELECT e.id FROM event AS e
        WHERE e.account_id = w.account_id AND e.id >= w.position AND e.id >= ${earliest} AND e.id < ${end}
        ORDER BY e.id LIMIT 1) IS NOT NULL
        OR EXISTS (SELECT FROM unnest(w.types) AS wanted WHERE wanted LIKE 'audit.%') AND (
        SELECT a.id FROM audit_entry AS a
        WHERE a.account_id = w.account_id AND a.id >= w.position AND a.id >= ${earliest} AND a.id < ${end}
        ORDER BY a.id LIMIT 1) IS NOT NULL)
    ORDER BY w.position LIMIT ${atOnce}`)
  return rows
}

/** @returns whether there are more events for it. */
async function advance(tx: Db, { accountId, id }: Follower, end: string): Promise<boolean> {
  const { rows: webhooks } = await tx.query<{ position: string; types: string[]; filter: string | null }>(sql`
    SELECT position, types, filter FROM webhook
    WHERE account_id = ${accountId} AND id = ${id} AND is_enabled AND deleted_at IS NULL AND position < ${end}
    FOR NO KEY UPDATE SKIP LOCKED`)
  const [webhook] = webhooks
  if (!webhook) return false
  const { exact, starts } = patternsOf(webhook.types)
  const { rows } = await tx.query<{ isAll: boolean }>(sql`
    WITH seen AS MATERIALIZED (
      SELECT id, type, subject, device_id FROM ${sourceOf(webhook.types)} AS e
      WHERE account_id = ${accountId} AND id >= ${webhook.position} AND id < ${end}
      ORDER BY id LIMIT ${lookedAt}),
    wanted AS MATERIALIZED (
      SELECT id, type FROM seen
      WHERE ((type = ANY (${exact}::text[]) OR type ^@ ANY (${starts}::text[])) ${eventCondition(accountId, webhook.filter)}
          -- Those of the alerts whose rule says so, whatever its types.
          OR type IN ('alert.opened', 'alert.acknowledged', 'alert.resolved') AND is_alert_for(${accountId}, subject ->> 'id', ${id}))
        AND type <> 'webhook.test'
      ORDER BY id LIMIT ${portion}),
    delivered AS (
      INSERT INTO webhook_delivery (account_id, webhook_id, event_id, event_type)
      SELECT ${accountId}, ${id}, id, type FROM wanted ON CONFLICT DO NOTHING),
    -- Nothing lies between a text and the same one with a sign behind it.
    next AS (
      SELECT CASE WHEN (SELECT count(*) FROM wanted) = ${portion} THEN (SELECT max(id) FROM wanted) || '-'
                  WHEN (SELECT count(*) FROM seen) = ${lookedAt} THEN (SELECT max(id) FROM seen) || '-'
                  ELSE ${end} END AS position)
    UPDATE webhook SET position = next.position FROM next WHERE account_id = ${accountId} AND id = ${id}
    RETURNING webhook.position = ${end} AS "isAll"`)
  return rows[0]?.isAll === false
}
