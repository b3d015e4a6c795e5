import type { PageQuery } from '@mason/contract/common'
import { defaultThresholds, type SubscriptionChange } from '@mason/contract/subscription'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, type Fault } from '../../core/errors.ts'
import { actorDocument, record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'

export function get(db: Db, actor: Actor): Promise<string> {
  return readOne(db, actor, 'account', 'subscription_document')
}

export function history(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  const listing = { view: 'subscription_history_document', key: 'id', keyType: 'uuid' as const }
  return readPage(db, { ...listing, reach: actor }, query)
}

export async function change(db: Db, actor: Actor, wanted: SubscriptionChange): Promise<string> {
  refuseMismatch(wanted)
  const { type, value = null, perDevice = null, target = null } = wanted
  const thresholds = [...new Set(wanted.thresholds ?? defaultThresholds)].sort((a, b) => a - b)
  return db.transaction(async (tx) => {
    const id = uuidv7()
    await tx.query(sql`SELECT FROM account WHERE id = ${actor.accountId} FOR NO KEY UPDATE`)
    wasBefore(tx, await get(tx, actor))
    await tx.query(sql`
      INSERT INTO subscription_change (account_id, id, actor, type, value, per_device, target, thresholds)
      VALUES (${actor.accountId}, ${id}, ${actorDocument(actor)}, ${type}, ${value}, ${perDevice}, ${target},
              ${thresholds})`)
    await tx.query(sql`
      INSERT INTO subscription (account_id, change_id) VALUES (${actor.accountId}, ${id})
      ON CONFLICT (account_id) DO UPDATE SET change_id = excluded.change_id`)
    await record(tx, actor, {
      type: 'subscription.changed',
      subject: { kind: 'subscription', id: actor.accountId },
      data: { ...wanted, thresholds },
    })
    return get(tx, actor)
  })
}

/** Refuses members that do not go with the type, all of them at once. */
function refuseMismatch({ type, value, perDevice, target }: SubscriptionChange): void {
  const faults: Fault[] = []
  if (type === 'pay_as_you_go') {
    if (value !== undefined) faults.push({ path: '/value', message: 'goes with the type device_data_pool' })
    if (perDevice !== undefined) faults.push({ path: '/perDevice', message: 'goes with the type device_data_pool' })
    if (target === undefined) faults.push({ path: '/target', message: 'is required with the type pay_as_you_go' })
  } else {
    if (target !== undefined) faults.push({ path: '/target', message: 'goes with the type pay_as_you_go' })
    if (value !== undefined && perDevice !== undefined)
      faults.push({ path: '/perDevice', message: 'and value exclude each other' })
  }
  if (faults.length === 0) return
  const message = faults.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')
  throw new AppError('invalid_request_error', message, { faults })
}
