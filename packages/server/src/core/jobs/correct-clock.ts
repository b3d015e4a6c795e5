import sql, { type Sql } from 'sql-template-tag'
import type { PeriodicJob } from './periodic.ts'
import { portion } from './portion.ts'

/** Nodes stamp within the same second; only what lies further ahead is a clock that was set back. */
const ahead = sql`now() + interval '2 seconds'`
/** The longest wait for another try; what is due later than this was stamped by a clock that ran ahead. */
export const longestWaitSeconds = 3_000

/** The same of a webhook's receiver, which may be asked again after 24 hours and a tenth. */
const longestPauseSeconds = 27 * 3_600

/** By what is waited for: a lease, a repetition, a turn. Each brings back what is stamped later than it can be. */
const waits: Readonly<Record<string, Sql>> = {
  'the life of a gateway': sql`
    UPDATE gateway SET seen_at = least(seen_at, now()), started_at = least(started_at, now()), up_since = least(up_since, now())
    WHERE greatest(seen_at, started_at, up_since) > ${ahead}`,
  'the life of a node': sql`UPDATE node SET seen_at = now() WHERE seen_at > ${ahead}`,
  'the life of a worker': sql`UPDATE queue_worker SET seen_at = now() WHERE seen_at > ${ahead}`,
  'a carrier that is to be called': sql`
    UPDATE sim SET carrier_due = now()
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM sim WHERE pending_state IS NOT NULL
                              AND carrier_due > now() + make_interval(secs => ${longestWaitSeconds})
                            ORDER BY carrier_due DESC LIMIT ${portion} FOR UPDATE SKIP LOCKED))`,
  'a carrier that is to be told a setting': sql`
    UPDATE sim_setting SET due = now()
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM sim_setting WHERE due > now() + make_interval(secs => ${longestWaitSeconds})
                            ORDER BY due DESC LIMIT ${portion} FOR UPDATE SKIP LOCKED))`,
  'a connection to a carrier that is served, left alone or synced': sql`
    UPDATE carrier SET
      leased_until = CASE WHEN leased_until > now() + interval '1 minute' THEN now() ELSE leased_until END,
      held_until = CASE WHEN held_until > now() + interval '61 minutes' THEN now() ELSE held_until END,
      sync_due = CASE WHEN sync_due > now() + interval '25 hours' THEN now() ELSE sync_due END
    WHERE leased_until > now() + interval '1 minute' OR held_until > now() + interval '61 minutes'
      OR sync_due > now() + interval '25 hours'`,
  'the repetition of a command': sql`
    UPDATE notification SET delivered_at = now()
    WHERE ctid = ANY (ARRAY(SELECT commands_repeated_after(${ahead}, ${portion})))`,
  'the next step of a roll-out': sql`
    UPDATE deployment SET step_entered_at = now() WHERE state = 'running' AND step_entered_at > ${ahead}`,
  'a receiver that asked to be left alone': sql`
    UPDATE webhook SET held_until = now() WHERE held_until > now() + make_interval(secs => ${longestPauseSeconds})`,
  'another attempt to deliver an event': sql`
    UPDATE webhook_delivery SET due_at = now()
    WHERE ctid = ANY (ARRAY(
      SELECT d.ctid FROM webhook AS w CROSS JOIN LATERAL (
        SELECT ctid FROM webhook_delivery WHERE webhook_id = w.id AND due_at > now() + make_interval(secs => ${longestPauseSeconds})
        ORDER BY due_at DESC LIMIT ${portion} FOR UPDATE SKIP LOCKED) AS d
      LIMIT ${portion}))`,
  'a job that waits': sql`
    SELECT graphile_worker.reschedule_jobs(array_agg(id), run_at => now())
    FROM graphile_worker.jobs WHERE updated_at > ${ahead} AND locked_at IS NULL`,
}

/**
 * A clock that ran ahead leaves stamps in the future, and what waits for them would wait for as long as it was wrong. A stamp
 * in the future counts as now.
 */
export const correctClock: PeriodicJob = {
  name: 'correct-clock',
  everyMs: 5_000,
  run: async (tx) => {
    let isMore = false
    for (const wait of Object.values(waits)) {
      const { rowCount } = await tx.query(wait)
      isMore ||= rowCount === portion
    }
    return isMore
  },
}
