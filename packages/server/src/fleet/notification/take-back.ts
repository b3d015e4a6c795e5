import sql from 'sql-template-tag'
import { NIL } from 'uuid'
import type { Db } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import type { BatchKey } from './queue-batch.ts'

/** After so long, other tasks have their turn before the rest of the batch. */
const turnMs = 1_000
/** What somebody else had locked is looked for again after so long. */
const againMs = 500

interface Rest extends BatchKey {
  /** The last command that was looked at, in the order of ids. */
  after: string
}

/** Takes back the commands of a canceled batch that are not final, in portions. */
export const takeBackBatch: Task<Rest> = {
  name: 'take-back-batch',
  run: async (db, { after, ...batch }, signal) => {
    const endsAt = performance.now() + turnMs
    // A portion that was being queued when the batch was canceled is waited for; none follows it.
    await db.query(sql`DELETE FROM batch_queueing WHERE account_id = ${batch.accountId} AND batch_id = ${batch.id}`)
    for (let mark: string | undefined = after; mark !== undefined; ) {
      const isAgain = mark === NIL && after !== NIL
      if (isAgain || signal.aborted || performance.now() > endsAt) {
        const runAt = new Date(Date.now() + (isAgain ? againMs : 0))
        return enqueue(db, takeBackBatch, { ...batch, after: mark }, { runAt })
      }
      const from: string = mark
      mark = await db.transaction((tx) => takeBack(tx, batch, { after: from, limit: portion }))
    }
  },
}

/**
 * Cancels the next commands of a canceled batch that are not final, but for those that somebody else has locked.
 *
 * @returns where to go on, from the beginning where some were passed over; nothing when none is left.
 */
export async function takeBack(
  tx: Db,
  { accountId, id }: BatchKey,
  { after, limit }: { after: string; limit: number },
): Promise<string | undefined> {
  const { rows: taken } = await tx.query<{ id: string }>(sql`
    WITH chosen AS (SELECT ctid FROM notification
                    WHERE account_id = ${accountId} AND batch_id = ${id} AND id > ${after}
                      -- As a CASE, the index of all that is open does not offer itself: thought to be empty, it would be read through.
                      AND CASE state WHEN 'queued' THEN true WHEN 'sent' THEN true WHEN 'acknowledged' THEN true ELSE false END
                    ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    UPDATE notification AS n SET state = 'canceled', finished_at = now(),
      changed_by = (SELECT canceled_by FROM batch WHERE account_id = ${accountId} AND id = ${id})
    FROM chosen WHERE n.ctid = chosen.ctid
    RETURNING n.id`)
  if (taken.length === limit) return taken.map((row) => row.id).reduce((last, one) => (one > last ? one : last))
  const { rowCount } = await tx.query(sql`
    UPDATE batch AS b SET is_canceling = false
    WHERE account_id = ${accountId} AND id = ${id}
      AND NOT EXISTS (SELECT FROM batch_queueing AS q WHERE q.account_id = b.account_id AND q.batch_id = b.id)
      AND NOT EXISTS (SELECT FROM batch_counts(b.account_id, b.id, b.is_counted)
                      WHERE state IN ('queued', 'sent', 'acknowledged') AND devices > 0)`)
  return rowCount === 0 ? NIL : undefined
}
