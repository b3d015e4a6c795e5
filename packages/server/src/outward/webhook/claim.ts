import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** Longer than any attempt: what nobody has ended by then was cut off. One twice as long was stamped by a clock that ran ahead. */
const leaseSeconds = 30

/** A delivery to try, with what it takes. */
export interface Claimed {
  accountId: string
  webhookId: string
  eventId: string
  /** How often it was tried before. */
  tries: number
  /** Whether the last attempt for its webhook has failed. */
  isFailing: boolean
  url: string
  /** Sealed; the one before only while it is still good. */
  secret: Buffer
  previousSecret: Buffer | null
  /** The event as it is delivered; none when its days are over. */
  document: string | null
}

/** How many deliveries may begin now. */
export interface Room {
  total: number
  /** Of webhooks that have some under way already, or that are slow. */
  ofWebhooks: ReadonlyMap<string, number>
  /** Of any other that works, and of one whose attempts fail. */
  ofOthers: number
  ofFailing: number
}

/**
 * Takes deliveries that are due, the oldest of each webhook, for attempts under this name. What another node was cut off at is
 * among them, and says so in its attempts.
 */
export async function claimDue(
  db: Db,
  claim: string,
  { total, ofWebhooks, ofOthers, ofFailing }: Room,
): Promise<Claimed[]> {
  const { rows } = await db.query<Claimed>(sql`
    WITH due AS MATERIALIZED (
      SELECT d.*, w.url, w.failing_since IS NOT NULL AS is_failing, w.secret, CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret
      FROM (
        -- No webhook is always the first.
        SELECT w.*, coalesce(room.free, CASE WHEN failing_since IS NULL THEN ${ofOthers}::int ELSE ${ofFailing}::int END) AS free
        FROM webhook AS w
        LEFT JOIN unnest(${[...ofWebhooks.keys()]}::uuid[], ${[...ofWebhooks.values()]}::int[]) AS room (id, free) ON room.id = w.id
        WHERE is_enabled AND deleted_at IS NULL AND (held_until IS NULL OR held_until <= now())
        ORDER BY random()) AS w
      CROSS JOIN LATERAL (
        SELECT account_id, webhook_id, event_id FROM webhook_delivery AS d
        WHERE d.webhook_id = w.id AND d.due_at <= now()
          AND (d.leased_until IS NULL OR d.leased_until NOT BETWEEN now() AND now() + make_interval(secs => ${2 * leaseSeconds}))
        ORDER BY d.due_at LIMIT greatest(w.free, 0) FOR NO KEY UPDATE SKIP LOCKED) AS d
      LIMIT ${total}::int),
    claimed AS (
      UPDATE webhook_delivery AS d SET
        claim = ${claim}, claimed_at = now(), leased_until = now() + make_interval(secs => ${leaseSeconds}),
        attempts = CASE WHEN d.claim IS NULL THEN d.attempts ELSE with_attempt(d.attempts, cut_off_attempt(d.claimed_at)) END
      FROM due WHERE d.account_id = due.account_id AND d.webhook_id = due.webhook_id AND d.event_id = due.event_id
      RETURNING d.account_id, d.webhook_id, d.event_id, d.event_type, d.tries, due.is_failing, due.url, due.secret, due.previous_secret)
    SELECT c.account_id AS "accountId", c.webhook_id AS "webhookId", c.event_id AS "eventId", c.tries,
      c.is_failing AS "isFailing", c.url, c.secret,
      c.previous_secret AS "previousSecret", e.document
    FROM claimed AS c LEFT JOIN LATERAL (
      SELECT document::text FROM event_document AS e WHERE e.account_id = c.account_id AND e.id = c.event_id
      UNION ALL
      SELECT document::text FROM audit_event_document AS a
      WHERE c.event_type LIKE 'audit.%' AND a.account_id = c.account_id AND a.id = c.event_id) AS e ON true`)
  return rows
}
