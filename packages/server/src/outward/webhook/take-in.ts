import sql from 'sql-template-tag'
import type { Database } from '../../core/db/database.ts'
import type { Outcome } from './attempt.ts'
import { disable, type Post } from './disable.ts'

/** One that has failed for so long is disabled. */
const patienceDays = 5

/**
 * Writes down what attempts came to. One that was taken over meanwhile still stands in the log, and counts if it succeeded. A webhook
 * whose receiver is gone, or has failed for days, is disabled.
 */
export async function takeIn(db: Database, claim: string, post: Post, outcomes: readonly Outcome[]): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ accountId: string; id: string; isGone: boolean }>(sql`
      WITH outcome AS MATERIALIZED (
        SELECT * FROM json_to_recordset(${JSON.stringify(outcomes)}) AS o (
          "accountId" uuid, "webhookId" uuid, "eventId" text, "is" text, wait float8, hold float8, attempt jsonb)),
      locked AS MATERIALIZED (
        SELECT o.*, d.claim = ${claim} AS is_own, d.state AS was
        FROM outcome AS o JOIN webhook_delivery AS d
          ON d.account_id = "accountId" AND d.webhook_id = "webhookId" AND d.event_id = "eventId"
        ORDER BY d.account_id, d.webhook_id, d.event_id FOR NO KEY UPDATE OF d),
      judged AS (
        SELECT *, CASE WHEN "is" = 'succeeded' THEN 'succeeded'
                       WHEN is_own IS NOT TRUE THEN was
                       WHEN "is" IN ('again', 'cutOff') THEN 'waiting' ELSE 'failed' END AS state FROM locked),
      written AS (
        UPDATE webhook_delivery AS d SET
          attempts = with_attempt(d.attempts, j.attempt), state = j.state,
          due_at = CASE WHEN j.state = 'waiting' THEN CASE WHEN j.is_own THEN now() + make_interval(secs => j.wait) ELSE d.due_at END END,
          tries = d.tries + CASE WHEN j.is_own AND j."is" <> 'cutOff' THEN 1 ELSE 0 END,
          claim = CASE WHEN j.is_own OR j.state <> 'waiting' THEN NULL ELSE d.claim END,
          leased_until = CASE WHEN j.is_own OR j.state <> 'waiting' THEN NULL ELSE d.leased_until END
        FROM judged AS j
        WHERE d.account_id = j."accountId" AND d.webhook_id = j."webhookId" AND d.event_id = j."eventId"),
      health AS (
        SELECT "accountId", "webhookId", bool_or("is" = 'succeeded') AS is_well, bool_or("is" = 'gone') AS is_gone, max(hold) AS hold
        FROM outcome WHERE "is" <> 'cutOff' GROUP BY "accountId", "webhookId"),
      changed AS (
        UPDATE webhook AS w SET
          failing_since = CASE WHEN h.is_well THEN NULL ELSE coalesce(w.failing_since, now()) END,
          held_until = CASE WHEN h.hold > 0 THEN now() + make_interval(secs => h.hold) ELSE w.held_until END
        FROM health AS h
        WHERE w.account_id = h."accountId" AND w.id = h."webhookId"
          AND (h.hold > 0 OR h.is_well = (w.failing_since IS NOT NULL)))
      SELECT w.account_id AS "accountId", w.id, h.is_gone AS "isGone"
      FROM health AS h JOIN webhook AS w ON w.account_id = h."accountId" AND w.id = h."webhookId"
      WHERE w.is_enabled AND (h.is_gone OR NOT h.is_well AND w.failing_since < now() - make_interval(days => ${patienceDays}))
      ORDER BY w.account_id, w.id`)
    for (const { isGone, ...webhook } of rows)
      await disable(
        tx,
        post,
        webhook,
        isGone ? 'its receiver answered 410 Gone' : `it has failed for ${patienceDays} days`,
      )
  })
}
