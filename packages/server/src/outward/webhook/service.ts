import type { PageQuery } from '@mason/contract/common'
import { eventTypes } from '@mason/contract/event-types'
import { isKnownType, isOfAudit } from '@mason/contract/event-words'
import type { NewWebhook, WebhookChange } from '@mason/contract/webhook'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import type { Sealer } from '../../core/sealer.ts'
import { eventCondition } from './filter.ts'
import { newSecret } from './secret.ts'
import { type Rules, refuseBadUrl } from './url.ts'

/** What changes of webhooks need. */
export interface Needs extends Rules {
  sealer: Sealer
}

const mostOfAccount = 1_000
const secretHours = 24

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'webhook_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'webhook', 'webhook_document', { id })
}

/** Makes a webhook for what happens from now on; only the document that is returned holds its secret. */
export async function create(db: Db, { sealer, ...rules }: Needs, actor: Actor, input: NewWebhook): Promise<string> {
  const { url, types, filter, description, enabled = true } = input
  refuseBadUrl(url, rules)
  refuseUnknownTypes(types)
  requireForAudit(actor, types)
  eventCondition(actor.accountId, filter ?? null)
  const [id, secret] = [uuidv7(), newSecret()]
  const document = await db.transaction(async (tx) => {
    await refuseTooMany(tx, actor)
    await tx.query(sql`
      INSERT INTO webhook (account_id, id, url, types, filter, description, is_enabled, secret, position)
      VALUES (${actor.accountId}, ${id}, ${url}, ${types}, ${filter ?? null}, ${description || null}, ${enabled}, ${sealer.seal(secret)}, event_horizon())`)
    await recordChange(tx, actor, id, 'created')
    return get(tx, actor, id)
  })
  return withSecret(document, secret)
}

/** One that is enabled again begins with what happens from then on. */
export async function change(db: Db, rules: Rules, actor: Actor, id: string, input: WebhookChange): Promise<string> {
  const { url, types, filter, description, enabled } = input
  refuseBadUrl(url, rules)
  refuseUnknownTypes(types)
  eventCondition(actor.accountId, filter ?? null)
  return db.transaction(async (tx) => {
    const before = await lock(tx, actor, id)
    wasBefore(tx, before)
    requireForAudit(actor, [...(types ?? []), ...JSON.parse(before).types])
    await tx.query(sql`
      UPDATE webhook SET
        url = coalesce(${url ?? null}, url), types = coalesce(${types ?? null}::text[], types),
        filter = CASE WHEN ${filter !== undefined} THEN ${filter ?? null} ELSE filter END,
        description = nullif(coalesce(${description ?? null}, description), ''),
        is_enabled = coalesce(${enabled ?? null}, is_enabled),
        position = CASE WHEN ${enabled ?? null} AND NOT is_enabled THEN event_horizon() ELSE position END,
        disabled_reason = CASE WHEN ${enabled ?? null} THEN NULL ELSE disabled_reason END,
        failing_since = CASE WHEN ${enabled ?? null} AND NOT is_enabled THEN NULL ELSE failing_since END,
        held_until = CASE WHEN ${enabled ?? null} OR ${url ?? null} <> url THEN NULL ELSE held_until END
      WHERE account_id = ${actor.accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, 'updated')
    return get(tx, actor, id)
  })
}

/** Its deliveries are deleted later, in portions, and the row with the last of them. */
export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    const document = await lock(tx, actor, id)
    await tx.query(sql`
      UPDATE webhook SET deleted_at = now() WHERE account_id = ${actor.accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, 'deleted')
    return document
  })
}

/** Makes a new secret; the one before lives on for a day. */
export async function rotate(db: Db, sealer: Sealer, actor: Actor, id: string): Promise<string> {
  const secret = newSecret()
  const document = await db.transaction(async (tx) => {
    wasBefore(tx, await lock(tx, actor, id))
    const isReadable = await opensSecret(tx, sealer, actor, id)
    await tx.query(sql`
      UPDATE webhook SET previous_secret = CASE WHEN ${isReadable} THEN secret END,
        previous_until = CASE WHEN ${isReadable} THEN now() + make_interval(hours => ${secretHours}) END,
        secret = ${sealer.seal(secret)}
      WHERE account_id = ${actor.accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, 'rotated')
    return get(tx, actor, id)
  })
  return withSecret(document, secret)
}

/** One that was sealed under an encryption key that is lost does not. */
async function opensSecret(tx: Db, sealer: Sealer, { accountId }: Actor, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ secret: Buffer }>(sql`
    SELECT secret FROM webhook WHERE account_id = ${accountId} AND id = ${id}`)
  try {
    for (const { secret } of rows) sealer.open(secret)
    return true
  } catch {
    return false
  }
}

/** Whoever follows events for a webhook holds its row, too. @throws AppError when there is none. */
async function lock(tx: Db, actor: Actor, id: string): Promise<string> {
  await get(tx, actor, id)
  await tx.query(sql`SELECT FROM webhook WHERE account_id = ${actor.accountId} AND id = ${id} FOR UPDATE`)
  return get(tx, actor, id)
}

const recordChange = (tx: Db, actor: Actor, id: string, what: string) =>
  record(tx, actor, { type: `webhook.${what}`, subject: { kind: 'webhook', id } })

const withSecret = (document: string, secret: string) => document.replace(/}$/, `,"secret":${JSON.stringify(secret)}}`)

/** Those that make one at the same time wait for each other. */
async function refuseTooMany(tx: Db, { accountId }: Actor): Promise<void> {
  await tx.query(sql`SELECT FROM account WHERE id = ${accountId} FOR NO KEY UPDATE`)
  const { rows } = await tx.query<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM webhook WHERE account_id = ${accountId} AND deleted_at IS NULL`)
  if ((rows[0]?.count ?? 0) >= mostOfAccount)
    throw new AppError('conflict_error', `An account has at most ${mostOfAccount} webhooks: delete one first`)
}

/** The audit trail goes only where somebody who may read it wants it: the address of a webhook is theirs to change, too. */
export function requireForAudit(actor: Actor, types: readonly string[]): void {
  if (types.some(isOfAudit)) requireScope(actor, 'audit:read')
}

/** A misspelled type must not mean that nothing is ever delivered. */
export function refuseUnknownTypes(types: readonly string[] = []): void {
  for (const [index, type] of types.entries())
    if (!isKnownType(type))
      throw invalid(`/types/${index}`, `is no type of event; types are ${Object.keys(eventTypes).join(', ')}`)
}
