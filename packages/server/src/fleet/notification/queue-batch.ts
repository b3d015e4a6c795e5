import type { NotificationType } from '@mason/contract/notification'
import type { PlainTarget } from '@mason/contract/target'
import sql from 'sql-template-tag'
import type { Actor, Groups } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import { countDevices, findDevices } from '../device/target.ts'
import type { WakeUps } from '../wake-ups.ts'
import { type Order, queue } from './service.ts'
import type { Timing } from './timing.ts'

export interface BatchKey {
  accountId: string
  id: string
}

/** After so long, other tasks have their turn before the rest of the batch. */
const turnMs = 1_000

/** Queues the commands of a batch for the devices that are left, in portions. */
export function queueBatchTask(wakeUps: WakeUps): Task<BatchKey> {
  const task: Task<BatchKey> = {
    name: 'queue-batch',
    run: async (db, batch, signal) => {
      const endsAt = performance.now() + turnMs
      await countTotal(db, batch)
      while (await queueNext(db, wakeUps, batch))
        if (signal.aborted || performance.now() > endsAt) return enqueue(db, task, batch)
    },
  }
  return task
}

interface Rest {
  target: PlainTarget
  /** The groups that it was sent within. */
  groups: Groups
  order: Order
  /** The last device that it was queued for, in the order of ids. */
  after: string
  isTotalKnown: boolean
}

export async function beginQueueing(
  tx: Db,
  { accountId, id }: BatchKey,
  { target, groups, order, after, isTotalKnown }: Rest,
): Promise<void> {
  await tx.query(sql`
    INSERT INTO batch_queueing (account_id, batch_id, target, groups, payload, expires_at, after_device, is_total_known)
    VALUES (${accountId}, ${id}, ${JSON.stringify(target)}, ${groups ?? null}, ${order.payload}, ${order.expiresAt ?? null}, ${after}, ${isTotalKnown})`)
}

/** Counts the devices of a target of which no count is kept. Devices may come and go meanwhile: the end of the queueing has the last word. */
async function countTotal(db: Db, batch: BatchKey): Promise<void> {
  const queueing = await read(db, batch)
  if (!queueing || queueing.isTotalKnown) return
  const { accountId, id } = batch
  const reach = { accountId, groups: queueing.groups }
  const total = await countDevices(db, reach, queueing.target, queueing.createdAt)
  await db.query(sql`
    WITH known AS (UPDATE batch_queueing SET is_total_known = true WHERE account_id = ${accountId} AND batch_id = ${id} RETURNING 1)
    UPDATE batch SET total = ${total} FROM known WHERE account_id = ${accountId} AND id = ${id}`)
}

interface Queueing extends Rest {
  createdAt: string
  createdBy: Pick<Actor, 'kind' | 'id'>
}

/** What there is left to queue; nothing of a batch that was canceled. */
async function read(db: Db, { accountId, id }: BatchKey): Promise<Queueing | undefined> {
  const { rows } = await db.query<{
    type: NotificationType
    target: PlainTarget
    groups: string[] | null
    payload: string | null
    expires_at: string | null
    after_device: string
    is_total_known: boolean
    created_at: string
    not_before: string | null
    time_window: Timing['window']
    created_by: Queueing['createdBy']
  }>(sql`
    SELECT b.type, q.target, q.groups, q.payload, q.expires_at::text, q.after_device, q.is_total_known, b.created_at::text, b.created_by,
           b.not_before::text, b.time_window
    FROM batch_queueing AS q JOIN batch AS b ON b.account_id = q.account_id AND b.id = q.batch_id
    WHERE q.account_id = ${accountId} AND q.batch_id = ${id} AND b.canceled_at IS NULL`)
  const [row] = rows
  return (
    row && {
      target: row.target,
      groups: row.groups ?? undefined,
      order: {
        type: row.type,
        payload: row.payload,
        expiresAt: row.expires_at === null ? undefined : sql`${row.expires_at}::timestamptz`,
        timing: { notBefore: row.not_before, window: row.time_window },
      },
      after: row.after_device,
      isTotalKnown: row.is_total_known,
      createdAt: row.created_at,
      createdBy: row.created_by,
    }
  )
}

/**
 * Queues for the next devices, in a transaction of its own. The devices are looked for before it begins; then whoever moves
 * the mark queues for them, and another worker that wanted to finds it moved.
 *
 * @returns whether there may be more.
 */
export async function queueNext(db: Db, wakeUps: WakeUps, batch: BatchKey): Promise<boolean> {
  const { accountId, id } = batch
  const queueing = await read(db, batch)
  if (!queueing) return false
  const { target, groups, order, after, createdAt, createdBy } = queueing
  const devices = await findDevices(db, { accountId, groups }, target, {
    after,
    limit: portion,
    createdUntil: createdAt,
  })
  const isLast = devices.length < portion
  await db.transaction(async (tx) => {
    const { rowCount } = await tx.query(sql`
      UPDATE batch_queueing AS q SET after_device = ${devices.at(-1) ?? after}
      WHERE account_id = ${accountId} AND batch_id = ${id} AND after_device = ${after}
        AND NOT EXISTS (SELECT FROM batch AS b WHERE b.account_id = q.account_id AND b.id = q.batch_id AND b.canceled_at IS NOT NULL)`)
    if (rowCount === 0) return
    const { id: since, leaving } = await queue(tx, wakeUps, { ...createdBy, accountId }, devices, order, id)
    if (isLast) await end(tx, batch)
    if (since !== null) tx.afterCommit(() => wakeUps.queued({ accountId, batch: id, since }, leaving))
  })
  return true
}

/** The row of the batch is locked last, for a cancel must not wait for a portion. */
async function end(tx: Db, { accountId, id }: BatchKey): Promise<void> {
  await tx.query(sql`DELETE FROM batch_queueing WHERE account_id = ${accountId} AND batch_id = ${id}`)
  await tx.query(sql`
    UPDATE batch AS b SET total = (SELECT coalesce(sum(devices), 0) FROM batch_counts(b.account_id, b.id, b.is_counted))
    WHERE account_id = ${accountId} AND id = ${id}`)
}
