import type { PageQuery } from '@mason/contract/common'
import { destructiveTypes, type NewBatch, type NotificationType, scopeOf } from '@mason/contract/notification'
import type { PlainTarget } from '@mason/contract/target'
import sql from 'sql-template-tag'
import { NIL, v7 as uuidv7 } from 'uuid'
import { type Actor, isRestricted, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import { requireTimezone } from '../../core/window.ts'
import { countDevices, countUnable, findDevices, knownTotal, requireTarget } from '../device/target.ts'
import type { WakeUps } from '../wake-ups.ts'
import { cancelWithin, readBatchWithin } from './batch-within.ts'
import { type BatchKey, beginQueueing } from './queue-batch.ts'
import { queue, readOrder, type Sender } from './service.ts'
import { takeBack, takeBackBatch } from './take-back.ts'

/** Commands to so many devices are queued and canceled in the request itself, which takes some 25 ms. */
const inOneGo = 250
/** Of more, the first few, so that the first command leaves early. */
const firstPortion = 100

export interface BatchWork {
  wakeUps: WakeUps
  queueBatch: Task<BatchKey>
}

/** Queues a notification for every device of the target, or for none. Of many devices, a task queues for most. */
export async function notifyMany(
  db: Db,
  { wakeUps, queueBatch }: BatchWork,
  actor: Actor,
  input: NewBatch,
): Promise<string> {
  const { type, dryRun = false } = input
  const { accountId } = actor
  requireScope(actor, scopeOf(type))
  return db.transaction(async (tx) => {
    const target = await requireTarget(tx, actor, input.target)
    const { first, isAll, known } = await reach(tx, actor, target)
    const count = async () => known ?? (await countDevices(tx, actor, target))
    if (dryRun) {
      const unsupported = await countUnable(tx, actor, target, type)
      return JSON.stringify({ type, total: await count(), ...(unsupported > 0 && { unsupported }), dryRun: true })
    }
    const order = readOrder(input)
    await requireTimezone(tx, input.window?.timezone)
    const total = destructiveTypes.includes(type) ? await count() : known
    if (total !== undefined) guard(input, total)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO batch (account_id, id, type, total, created_by, not_before, time_window)
      VALUES (${accountId}, ${id}, ${type}, ${total ?? first.length}, ${actorDocument(actor)}, ${order.timing.notBefore},
              ${order.timing.window && JSON.stringify(order.timing.window)})`)
    const { id: since, leaving } = await queue(tx, wakeUps, actor, first, order, id)
    if (!isAll) {
      const after = first.at(-1) ?? NIL
      await beginQueueing(
        tx,
        { accountId, id },
        { target, groups: actor.groups, order, after, isTotalKnown: total !== undefined },
      )
      await enqueue(tx, queueBatch, { accountId, id })
    }
    if (since !== null) tx.afterCommit(() => wakeUps.queued({ accountId, batch: id, since }, leaving))
    return getBatch(tx, actor, id)
  })
}

interface Reach {
  /** The devices that are queued for in the request. */
  first: string[]
  isAll: boolean
  /** How many there are, where that is known without looking at all of them. */
  known: number | undefined
}

async function reach(tx: Db, actor: Actor, target: PlainTarget): Promise<Reach> {
  const found = await findDevices(tx, actor, target, { after: NIL, limit: inOneGo + 1 })
  if (found.length <= inOneGo) return { first: found, isAll: true, known: found.length }
  return { first: found.slice(0, firstPortion), isAll: false, known: await knownTotal(tx, actor, target) }
}

/** What cannot be taken back asks whether the sender knows how far it reaches. */
function guard({ type, confirm, expect }: NewBatch, total: number): void {
  const isGuarded = destructiveTypes.includes(type)
  // One device needs no such words; but those that are given must be right.
  const isNamed = confirm === type || (confirm === undefined && total <= 1)
  const isCounted = expect === total || (expect === undefined && total <= 1)
  if (!isGuarded || (isNamed && isCounted)) return
  throw new AppError(
    'conflict_error',
    `${type} would reach ${total} ${total === 1 ? 'device' : 'devices'}: send confirm ${JSON.stringify(type)} and expect ${total} if that is what you mean`,
  )
}

/**
 * Queues what a change of the fleet brings with it for many devices, as a batch: a new one, or more of one that is there. If
 * that was canceled, so is what is added.
 */
export async function queueForMany(
  tx: Db,
  wakeUps: WakeUps,
  sender: Sender,
  deviceIds: string[],
  type: NotificationType,
  batch: string = uuidv7(),
): Promise<void> {
  const { accountId } = sender
  const { total, id: since, leaving } = await queue(tx, wakeUps, sender, deviceIds, readOrder({ type }), batch)
  const { rows } = await tx.query<{ is_canceled: boolean }>(sql`
    INSERT INTO batch AS b (account_id, id, type, total, created_by)
    VALUES (${accountId}, ${batch}, ${type}, ${total}, ${actorDocument(sender)})
    ON CONFLICT (account_id, id) DO UPDATE SET total = b.total + excluded.total
    RETURNING canceled_at IS NOT NULL AS is_canceled`)
  if (rows[0]?.is_canceled) await takeBack(tx, { accountId, id: batch }, { after: NIL, limit: total })
  else if (since !== null) tx.afterCommit(() => wakeUps.queued({ accountId, batch, since }, leaving))
}

/** Queues what the change of devices brings with it: of one by itself, or as part of a batch. */
export async function queueWith(
  tx: Db,
  wakeUps: WakeUps,
  sender: Sender,
  deviceIds: string[],
  type: NotificationType,
  batch?: string,
): Promise<void> {
  if (batch !== undefined) return queueForMany(tx, wakeUps, sender, deviceIds, type, batch)
  const { accountId } = sender
  const { id, leaving } = await queue(tx, wakeUps, sender, deviceIds, readOrder({ type }), null)
  if (id !== null) tx.afterCommit(() => wakeUps.queued({ accountId, id }, leaving))
}

export function listBatches(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'batch_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export async function getBatch(db: Db, actor: Actor, id: string): Promise<string> {
  if (isRestricted(actor)) return (await readBatchWithin(db, actor, id)).document
  return readOne(db, actor, 'batch', 'batch_document', { id })
}

/** Cancels what of a batch is not final. From here on nothing of it is sent; a large one is taken back by a task. */
export async function cancelBatch(db: Db, actor: Actor, id: string): Promise<string> {
  if (!isUuid(id)) throw notFound('batch')
  if (isRestricted(actor)) {
    const { type, isOwn } = await readBatchWithin(db, actor, id)
    if (!isOwn) {
      await cancelWithin(db, actor, id, type)
      return getBatch(db, actor, id)
    }
  }
  const key = { accountId: actor.accountId, id }
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ type: NotificationType; total: number }>(
      sql`SELECT type, total FROM batch WHERE account_id = ${key.accountId} AND id = ${id}`,
    )
    const [batch] = rows
    if (!batch) throw notFound('batch')
    requireScope(actor, scopeOf(batch.type))
    wasBefore(tx, await getBatch(tx, actor, id))
    const { rowCount } = await tx.query(sql`
      UPDATE batch SET canceled_at = now(), canceled_by = ${actorDocument(actor)}, is_canceling = true
      WHERE account_id = ${key.accountId} AND id = ${id} AND canceled_at IS NULL`)
    if (rowCount === 0) return getBatch(tx, actor, id)
    const after = batch.total <= inOneGo ? await takeBack(tx, key, { after: NIL, limit: inOneGo + 1 }) : NIL
    if (after !== undefined) await enqueue(tx, takeBackBatch, { ...key, after })
    return getBatch(tx, actor, id)
  })
}
