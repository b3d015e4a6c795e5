import sql from 'sql-template-tag'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/** Writes the entries that stand for all that was refused again within a minute, and forgets callers that have stopped. */
export const writeRepeatedRefusals: PeriodicJob = {
  name: 'write-repeated-refusals',
  everyMs: 5_000,
  run: async (tx) => {
    const { rowCount: waiting } = await tx.query(sql`SELECT FROM audit_refusal WHERE due_at <= now() LIMIT 1`)
    if (waiting === 0) return false
    const { rows } = await tx.query<{ count: number }>(sql`
      WITH due AS MATERIALIZED (
        SELECT * FROM audit_refusal WHERE due_at <= now() ORDER BY due_at LIMIT ${portion} FOR UPDATE SKIP LOCKED),
      gone AS (
        DELETE FROM audit_refusal AS r USING due
        WHERE (r.account_id, r.actor_kind, r.actor_id, r.action, r.address)
            = (due.account_id, due.actor_kind, due.actor_id, due.action, due.address) AND due.repeats = 0),
      again AS (
        UPDATE audit_refusal AS r SET repeats = 0, due_at = now() + interval '1 minute' FROM due
        WHERE (r.account_id, r.actor_kind, r.actor_id, r.action, r.address)
            = (due.account_id, due.actor_kind, due.actor_id, due.action, due.address) AND due.repeats > 0),
      written AS (
        INSERT INTO audit_entry (account_id, actor_kind, actor_id, action, subject_kind, subject_id, address, user_agent,
                                 request_id, refusal, repeats)
        SELECT account_id, actor_kind, actor_id, action, subject_kind, subject_id, nullif(address, ''), user_agent,
               request_id, refusal, repeats FROM due WHERE repeats > 0)
      SELECT count(*)::int AS count FROM due`)
    return rows[0]?.count === portion
  },
}
