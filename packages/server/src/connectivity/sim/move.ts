import type { SimState } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Author } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { actorDocument } from '../../core/event/record.ts'
import { immediateTypes } from '../carrier/types.ts'

/** From where a SIM may come into a state. */
const sources: Readonly<Record<SimState, readonly SimState[]>> = {
  ready: [],
  active: ['ready', 'suspended'],
  suspended: ['active'],
  deactivated: ['ready', 'active', 'suspended'],
}

export const mayMove = (from: SimState, to: SimState) => from === to || sources[to].includes(from)

const isImmediate = sql`
  coalesce((SELECT c.type FROM carrier AS c WHERE c.account_id = sim.account_id AND c.name = sim.carrier) = ANY (${immediateTypes}), false)`

/**
 * Moves SIMs of the author's account to a state: at once where there is nothing to call, else through their carrier. One
 * that is on its way somewhere is judged by where it is going, and goes to the new state instead. SIMs that are there
 * already, or that may not go there, are left as they are.
 *
 * @param reason becomes the SIM's `stateReason` when it is there.
 * @param job that asks for it, named by the event.
 * @returns how many move.
 */
export async function moveState(
  tx: Db,
  author: Author,
  iccids: readonly string[],
  target: SimState,
  { reason, job }: { reason?: string | undefined; job?: string | undefined } = {},
): Promise<number> {
  const by = actorDocument(author)
  const { rows } = await tx.query<{ total: number }>(sql`
    WITH locked AS (
      SELECT iccid, state, ${isImmediate} AS at_once, coalesce(pending_state, state) AS aim
      FROM sim WHERE account_id = ${author.accountId} AND iccid = ANY (${iccids}) ORDER BY iccid FOR UPDATE),
    moved AS (
      UPDATE sim AS s SET
        state = CASE WHEN at_once THEN ${target} ELSE s.state END,
        state_reason = CASE WHEN at_once THEN ${reason ?? null} ELSE s.state_reason END,
        activated_at = CASE WHEN at_once AND ${target} = 'active' THEN coalesce(s.activated_at, now()) ELSE s.activated_at END,
        pending_state = CASE WHEN NOT at_once THEN ${target} END,
        pending_reason = CASE WHEN NOT at_once THEN ${reason ?? null} END,
        pending_by = CASE WHEN NOT at_once THEN ${by}::jsonb END,
        pending_since = CASE WHEN NOT at_once THEN now() END,
        pending_job = CASE WHEN NOT at_once THEN ${job ?? null}::uuid END,
        carrier_attempts = 0, carrier_failures = 0,
        -- A call that is under way is waited for: two at once could arrive in either order.
        carrier_due = CASE WHEN at_once THEN NULL WHEN s.carrier_call IS NULL THEN now() ELSE s.carrier_due END
      FROM locked WHERE s.account_id = ${author.accountId} AND s.iccid = locked.iccid AND aim = ANY (${sources[target]})
      RETURNING s.iccid, s.device_id, locked.state AS state, at_once)
    SELECT count(*)::int AS total, record_events(array_agg(
      ROW(${author.accountId}, 'sim.state', ${by}, jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
          jsonb_strip_nulls(jsonb_build_object('from', state, 'to', ${target}::text, 'reason', ${reason ?? null}::text,
                                                'job', ${job ?? null}::uuid)))::new_event)
      FILTER (WHERE at_once))
    FROM moved`)
  return rows[0]?.total ?? 0
}
