import sql from 'sql-template-tag'
import { coalescer } from '../coalescer.ts'
import type { Db } from '../db/database.ts'
import { isLasting } from '../db/lasting.ts'
import { overloaded, patienceMs } from '../overloaded.ts'
import type { Draft } from './draft.ts'
import { keptOfRefusal, writeEntry } from './write.ts'

/** Leaves a refusal in the audit trail, before it is answered. */
export type Refusals = (draft: Draft) => Promise<void>

/** Refusals that one transaction writes down. */
const maxBatch = 100
const maxWaiting = 5_000
const tooMany = () => overloaded('More requests are refused than can be written down: send it again later')

/**
 * Writes down refusals. The first of a caller, an operation and an address has its entry at once. What follows within a minute is
 * counted, and has one entry for all of it then: somebody who asks again and again fills neither the trail nor the pool of
 * connections.
 */
export function gatherRefusals(db: Db): Refusals {
  return coalescer<Draft, void>({
    run: async (drafts) => {
      await db.transaction((tx) => writeAll(tx, drafts))
      return drafts.map(() => undefined)
    },
    maxBatch,
    lanes: 1,
    bound: { maxWaiting, patienceMs, overloaded: tooMany },
    isOfOne: isLasting,
  })
}

async function writeAll(tx: Db, drafts: readonly Draft[]): Promise<void> {
  const alike = Map.groupBy(drafts, keyOf)
  // All nodes take them in one order.
  for (const key of [...alike.keys()].sort()) await writeAlike(tx, alike.get(key) ?? [])
}

const keyOf = ({ accountId, actor, action, address }: Draft) =>
  JSON.stringify([accountId, actor.kind, actor.id, action, address ?? ''])

async function writeAlike(tx: Db, drafts: readonly Draft[]): Promise<void> {
  const [[first], last] = [drafts, drafts.at(-1)]
  if (!first || !last) return
  const { accountId, actor, action, subject, address, userAgent, requestId, refusal } = await keptOfRefusal(tx, last)
  const { rows } = await tx.query<{ isFirst: boolean }>(sql`
    INSERT INTO audit_refusal AS r (account_id, actor_kind, actor_id, action, address, repeats,
                                    subject_kind, subject_id, user_agent, request_id, refusal)
    VALUES (${accountId}, ${actor.kind}, ${actor.id}, ${action}, ${address ?? ''}, ${drafts.length - 1},
            ${subject.kind}, ${subject.id}, ${userAgent}, ${requestId}, ${refusal})
    ON CONFLICT (account_id, actor_kind, actor_id, action, address) DO UPDATE SET
      repeats = r.repeats + excluded.repeats + 1, subject_kind = excluded.subject_kind, subject_id = excluded.subject_id,
      user_agent = excluded.user_agent, request_id = excluded.request_id, refusal = excluded.refusal
    -- Only a row that was there before has been locked.
    RETURNING xmax = 0 AS "isFirst"`)
  if (rows[0]?.isFirst) await writeEntry(tx, first)
}
